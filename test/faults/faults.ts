// The faults: what is done to processes, database and network, each until its first consequence can be seen.
import { setTimeout as pause } from 'node:timers/promises'
import type { CommitProxy } from './commit-proxy.js'
import type { RunningProcess } from './processes.js'
import type { Random } from './random.js'
import type { Stand } from './stand.js'

/** Partitions of a dead worker are taken over within its lease and a heartbeat, 5 s; a machine that is busy with much else takes longer. */
const TAKEOVER_SECONDS = 60

/** kill -9 of an event worker; resolves when the others hold its partitions and another one is started in its place. */
export async function killWorker(stand: Stand, worker: RunningProcess, proxy?: CommitProxy): Promise<void> {
  await worker.kill9()
  stand.workers.splice(stand.workers.indexOf(worker), 1)
  await stand.untilShared(stand.workers.length, TAKEOVER_SECONDS)
  await stand.startWorkers(1, proxy)
}

/** kill -9 of the database at any moment, and its restart. */
export async function killDatabase(stand: Stand): Promise<void> {
  await stand.database.kill9()
  await stand.database.restart()
}

/** kill -9 of the database while it works on a COMMIT that came through the proxy, and its restart. */
export async function killDatabaseDuringCommit(stand: Stand, proxy: CommitProxy, chance: Random): Promise<void> {
  await proxy.nextCommit()
  // A durable commit takes about this long: now before, now after it is on disk, now in between.
  const until = performance.now() + chance.next() * 3
  while (performance.now() < until);
  await killDatabase(stand)
}

export type Moment = 'inside a transaction' | 'between transactions'

/**
 * SIGSTOP of an event worker, inside one of its transactions or between them, until the others have taken all its partitions over. The caller
 * thaws it: it then believes to hold what is not its own any more. Which worker it is, chance decides: the first one that is
 * caught in such a moment. Undefined when none was within `seconds`, for want of work.
 */
export async function freezeBeyondLease(
  stand: Stand,
  moment: Moment,
  seconds = 60,
): Promise<RunningProcess | undefined> {
  const deadline = Date.now() + seconds * 1000
  while (Date.now() < deadline) {
    const worker = await freezeOne(stand, moment)
    if (worker) {
      await stand.untilShared(stand.workers.length - 1, TAKEOVER_SECONDS)
      return worker
    }
    // The database keeps its list of transactions for a tenth of a second.
    await pause(110)
  }
  return undefined
}

/**
 * SIGSTOP of the event worker that commits next, while its COMMIT is on its way, until the others have taken its partitions over; then both go
 * on, the COMMIT and the worker.
 */
export async function freezeWhileCommitting(stand: Stand, proxy: CommitProxy): Promise<void> {
  const { clientPort, release } = await proxy.holdNextCommit()
  const ports = await Promise.all(stand.workers.map((worker) => worker.connectionsTo(proxy.port)))
  const worker = stand.workers.find((_, i) => ports[i]?.includes(clientPort))
  worker?.freeze()
  try {
    if (worker) await stand.untilShared(stand.workers.length - 1, TAKEOVER_SECONDS)
  } finally {
    release()
    worker?.thaw()
  }
}

/** Stops all workers for an instant, and lets all go on but one that is where it should be. */
async function freezeOne(stand: Stand, moment: Moment): Promise<RunningProcess | undefined> {
  for (const worker of stand.workers) worker.freeze()
  let chosen: RunningProcess | undefined
  try {
    const moments = await momentsOf(stand, stand.workers)
    chosen = stand.workers.find((_, i) => moments[i] === moment)
  } finally {
    for (const worker of stand.workers) if (worker !== chosen) worker.thaw()
  }
  return chosen
}

/** Where each of these frozen processes is, by what the database says of its connections. */
async function momentsOf(stand: Stand, processes: readonly RunningProcess[]): Promise<(Moment | 'unclear')[]> {
  const hosts = await Promise.all(
    processes.map(async (worker) => {
      const ports = await stand.portsAtDatabase(worker)
      return ports.map((port) => `127.0.0.1:${port}`)
    }),
  )
  if (hosts.flat().length === 0) return []
  const rows = await stand.rows(
    `SELECT REPLACE(p.host, 'localhost', '127.0.0.1') AS host, p.command, t.trx_rows_modified AS modified
     FROM information_schema.processlist p
     LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id`,
  )
  return hosts.map((own) => {
    const mine = rows.filter((row) => own.includes(row['host']))
    // A statement that still runs may end anywhere.
    if (mine.length === 0 || mine.some((row) => row['command'] !== 'Sleep')) return 'unclear'
    if (mine.some((row) => Number(row['modified']) > 0)) return 'inside a transaction'
    return mine.every((row) => row['modified'] === null) ? 'between transactions' : 'unclear'
  })
}
