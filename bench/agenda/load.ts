// A process of the agenda bench: enqueues no-op jobs, then processes them, with one of the backends, and reports the times.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type * as agendaModule from 'agenda'
import type { Agenda, AgendaBackend } from 'agenda'

/** What one side runs with. */
export interface AgendaLoad {
  backend: 'mysql' | 'postgres'
  /** Where Agenda and the backend are installed. */
  folder: string
  url: string
  jobs: number
  processEveryMs: number
  lockLimit: number
  connections: number
}

export interface AgendaResult {
  enqueueSeconds: number
  processSeconds: number
  /** Jobs whose processor was called, each counted once, and calls beyond that. */
  processed: number
  repeated: number
}

process.on('message', (load: AgendaLoad) => {
  void run(load).then((result) => process.send?.(result, () => process.exit(0)))
})
console.log('ready')

async function run(load: AgendaLoad): Promise<AgendaResult> {
  const { Agenda } = (await importFrom(load.folder, 'agenda')) as typeof agendaModule
  const agenda: Agenda = new Agenda({
    backend: await backendOf(load),
    processEvery: load.processEveryMs,
    maxConcurrency: load.lockLimit,
    defaultConcurrency: load.lockLimit,
    lockLimit: load.lockLimit,
    defaultLockLimit: load.lockLimit,
  })
  agenda.on('error', (error) => console.error(error))
  await agenda.ready
  const seen = new Set<unknown>()
  let calls = 0
  let completed = 0
  let allDone = (): void => {}
  const done = new Promise<void>((resolve) => (allDone = resolve))
  agenda.define('no-op', async (job) => {
    calls++
    seen.add((job.attrs.data as { i: number }).i)
  })
  // 'complete' comes after the end of the run is stored.
  agenda.on('complete:no-op', () => {
    if (++completed === load.jobs) allDone()
  })
  const beforeEnqueue = performance.now()
  await Promise.all(Array.from({ length: load.jobs }, (_, i) => agenda.now('no-op', { i })))
  const beforeProcess = performance.now()
  await agenda.start()
  await done
  const end = performance.now()
  await agenda.stop()
  return {
    enqueueSeconds: (beforeProcess - beforeEnqueue) / 1000,
    processSeconds: (end - beforeProcess) / 1000,
    processed: seen.size,
    repeated: calls - seen.size,
  }
}

async function backendOf({ backend, folder, url, connections }: AgendaLoad): Promise<AgendaBackend> {
  if (backend === 'mysql') {
    const { MySqlBackend } = await import('@segue/agenda-mysql')
    return new MySqlBackend({ poolConfig: { uri: url, connectionLimit: connections } })
  }
  const { PostgresBackend } = (await importFrom(folder, '@agendajs/postgres-backend')) as {
    PostgresBackend: new (config: object) => AgendaBackend
  }
  return new PostgresBackend({
    poolConfig: { connectionString: url, max: connections },
    disableNotifications: true,
  })
}

function importFrom(folder: string, name: string): Promise<unknown> {
  return import(pathToFileURL(createRequire(`${folder}/`).resolve(name)).href)
}
