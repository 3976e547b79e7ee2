// Measures a load: what is sent to a system, for some seconds, and what came of it.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { LoadOrder, LoadProgress, LoadResult } from '../collector/load.js'
import { cpuSeconds, ended, startProcess } from '../stand/processes.js'

/** Events that may be sent and unfinished: some batches for each lane of a worker. So what is measured lasts, however long one sends. */
export const AHEAD = 10_000
/** How often is asked for what is finished: it costs a worker two milliseconds. */
const ASK_MS = 200
const ASK_AT_THE_END_MS = 20
/** Longest that the rest may take to finish when nothing is sent any more. */
const PATIENCE_MS = 60_000

/** What is sent, and how is known what became of it. */
export interface Load {
  url: string
  path: string | string[]
  bodies: string[]
  connections: number
  /** Executions that each request starts. */
  executions: number
  /** Executions that are finished, where answers do not wait for them. */
  finished?: () => Promise<number>
  /** Ids of the processes that do the work, by their names. */
  processes: Record<string, number>
  /** Sums up what was accepted, to compare it with what is stored. */
  tally?: { executions: number }
}

export interface Measured extends Pick<LoadResult, 'p50' | 'p99' | 'failed'> {
  /** Finished executions a second. */
  perSecond: number
  /** Processor time of an execution by process, in microseconds: other work on the machine changes it less than the rate. */
  cpu: Record<string, number>
}

/**
 * Sends for some seconds as fast as it is taken, and waits until all of it is finished. The rate is over the whole time, so that work put off
 * is not left out. The load comes from a process of its own, so that it does not share a thread with what it measures.
 */
export async function measured(load: Load, seconds: number): Promise<Measured> {
  const { url, path, bodies, connections, executions, finished, tally } = load
  const { child } = await startProcess(join(import.meta.dirname, '../collector/load.js'), {})
  const before = (await finished?.()) ?? 0
  const sofar = async (): Promise<number> => ((await finished?.()) ?? 0) - before
  const order: LoadOrder = { url, path, bodies, connections, seconds }
  if (finished) order.ahead = Math.ceil(AHEAD / executions)
  const cpuOf = processorTimes(load.processes)
  const began = performance.now()
  child.send(order)
  const result = await untilSent(child, async () => Math.floor((await sofar()) / executions))
  const accepted = (result.answers - result.failed) * executions
  if (tally) tally.executions += accepted
  const { p50, p99, failed } = result
  for (const sent = performance.now(); finished && (await sofar()) < accepted; await pause(ASK_AT_THE_END_MS))
    if (performance.now() > sent + PATIENCE_MS)
      throw new Error(`${url} has finished ${await sofar()} of ${accepted} executions and does not go on.`)
  return { perSecond: accepted / ((performance.now() - began) / 1000), p50, p99, failed, cpu: cpuOf(accepted) }
}

/** From now on: what each of the processes takes for one of so many executions, in microseconds. */
function processorTimes(processes: Load['processes']): (executions: number) => Measured['cpu'] {
  const now = (): [string, number][] => Object.entries(processes).map(([name, pid]) => [name, cpuSeconds(pid)])
  const before = Object.fromEntries(now())
  return (executions) =>
    Object.fromEntries(now().map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) * 1e6) / executions]))
}

/** Tells the load generator what is finished until it has sent everything. */
async function untilSent(child: ChildProcess, finished: () => Promise<number>): Promise<LoadResult> {
  const state: { result?: LoadResult } = {}
  const sent = Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => failedLoad(code))])
  const ends = sent.then(([result]) => (state.result = result as LoadResult))
  while (!state.result) {
    await Promise.race([ends, pause(ASK_MS)])
    const progress: LoadProgress = { finished: await finished() }
    // It may just have ended.
    if (!state.result && child.connected) child.send(progress, () => undefined)
  }
  await ended(child)
  return state.result
}

function failedLoad(code: unknown): never {
  throw new Error(`The load generator ended with ${String(code)}; what it sends to may have ended its connections.`)
}
