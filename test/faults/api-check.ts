// What the watchers must have been told in the end, as the database has it.
import { toId } from '@segue/database'
import type { SentEvent } from './api-people.js'
import type { ApiStand, Known } from './api-stand.js'
import type { WatchingClient } from './api-watchers.js'

/** All that was committed while the watchers watched. */
export interface Happened {
  events: readonly { id: string; sent: SentEvent }[]
  runs: readonly { id: string; workflowId: string; nodes: readonly { nodeId: string; failed: boolean }[] }[]
  /** By profile. */
  documents: ReadonlyMap<string, { counters?: object; traits?: object }>
}

/** Reads it, when all of it is processed. Throws when an event that a collector took is not there. */
export async function whatHappened(api: ApiStand, sent: readonly SentEvent[]): Promise<Happened> {
  const ids = await api.eventIds()
  const events = sent.map((event) => {
    const id = ids.get(event.key)
    if (id === undefined) throw new Error(`The event ${event.key} was taken and is not stored.`)
    return { id, sent: event }
  })
  const watched = new Set(events.map(({ id }) => id))
  const runs = await api.stand.rows('SELECT id, workflow_id, event_id, steps, error FROM workflow_run')
  const profiles = await api.stand.rows('SELECT id, document FROM profile')
  return {
    events,
    runs: runs
      .filter((run) => watched.has(toId(run['event_id'])))
      .map((run) => ({
        id: toId(run['id']),
        workflowId: toId(run['workflow_id']),
        nodes: nodesOf(
          JSON.parse(run['steps']) as Step[],
          run['error'] === null ? null : (JSON.parse(run['error']) as Step),
        ),
      })),
    documents: new Map(profiles.map((row) => [toId(row['id']), JSON.parse(row['document']) as object])),
  }
}

interface Step {
  nodeId: string
  port: string | null
}

/** A step is there when its node has run; the node that ended a run may have none. */
function nodesOf(steps: readonly Step[], error: { nodeId: string } | null): { nodeId: string; failed: boolean }[] {
  const nodes = steps.map(({ nodeId, port }) => ({ nodeId, failed: port === 'error' }))
  if (!error) return nodes
  const rest = nodes.at(-1)?.nodeId === error.nodeId ? nodes.slice(0, -1) : nodes
  return [...rest, { nodeId: error.nodeId, failed: true }]
}

/** In what a watcher was told less, more or something else than what happened, in words. What it was told that it missed, or was spared, is no shortcoming. */
export function shortcomings(watcher: WatchingClient, happened: Happened, known: Known): string[] {
  const { watched, record } = watcher
  if (record.isForeign) return watcher.messages > 0 || record.refusals === 0 ? [`${record.name} was let in`] : []
  const say = (what: string): string => `${record.name} ${what}`
  if ('profile' in watched) {
    const document = happened.documents.get(known.profileIds.get(watched.profile) ?? '')
    const told = watcher.profile as { counters?: object; traits?: object } | undefined
    const [is, should] = [told, document].map((each) =>
      sorted({ counters: each?.counters ?? {}, traits: each?.traits ?? {} }),
    )
    return is === should ? [] : [say(`was told last of ${is} instead of ${should}`)]
  }
  if ('nodesOf' in watched) {
    const counts: Record<string, { entered: number; failed: number }> = {}
    for (const { workflowId, nodes } of happened.runs) {
      if (workflowId !== watched.nodesOf) continue
      for (const { nodeId, failed } of nodes) {
        const count = (counts[nodeId] ??= { entered: 0, failed: 0 })
        count.entered += 1
        if (failed) count.failed += 1
      }
    }
    const [is, should] = [sorted(Object.fromEntries(watcher.nodes)), sorted(counts)]
    return is === should || watcher.missed > 0 ? [] : [say(`counted ${is} instead of ${should}`)]
  }
  const expected = new Set(expectedIds(watcher, happened))
  const lacking = [...expected].filter((id) => !watcher.told.has(id))
  const surplus = [...watcher.told.keys()].filter((id) => !expected.has(id))
  return [
    ...(lacking.length > watcher.skipped && watcher.missed === 0
      ? [
          say(
            `was not told of ${lacking.length} of ${expected.size}, and only of ${watcher.skipped} that there are more: ${lacking.slice(0, 5).join()}`,
          ),
        ]
      : []),
    ...(surplus.length > 0
      ? [say(`was told of ${surplus.length} that are not there: ${surplus.slice(0, 5).join()}`)]
      : []),
  ]
}

function expectedIds({ watched }: WatchingClient, { events, runs }: Happened): string[] {
  if ('runsOf' in watched) return runs.filter(({ workflowId }) => workflowId === watched.runsOf).map(({ id }) => id)
  if (!('events' in watched)) return []
  const { types, person } = watched.events
  return events
    .filter(({ sent }) => (!types || types.includes(sent.type)) && (!person || person === sent.person))
    .map(({ id }) => id)
}

/** JSON whose keys are in order, at every level. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
