// Whether somebody who waits in a workflow leaves it.
import type { CompiledWorkflow } from './compiled-workflow.js'
import type { JsonObject } from './json.js'
import type { RunEvent } from './node.js'
import { wholeProfile } from './profile-draft.js'
import type { RunContext } from './run-result.js'
import type { RunState } from './run-state.js'

/** What exits look at. */
export interface ExitContext extends Pick<RunContext, 'event' | 'profile' | 'session' | 'now'> {
  /** The event that came now; null when the run is woken by something else. */
  arrived: RunEvent | null
}

/** The first exit whose condition holds; null when the run goes on. */
export function checkExits(
  workflow: CompiledWorkflow,
  { input }: RunState,
  { event, arrived, profile, session, now }: ExitContext,
): { name: string; goal: boolean } | null {
  const { exits } = workflow.settings
  if (exits.length === 0) return null
  let document: JsonObject | undefined
  const data = {
    event,
    arrived,
    session,
    now,
    input,
    get profile() {
      return (document ??= wholeProfile(profile))
    },
  }
  const exit = exits.find(({ condition }) => condition.evaluate(data))
  return exit ? { name: exit.name, goal: exit.goal } : null
}
