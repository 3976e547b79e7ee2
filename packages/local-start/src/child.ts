// A process of a local start: loads the services that its command line names, waits for their settings, starts them,
// and ends them when told, or when the starter is gone.
import type { Running } from '@segue/service'
import { loadService } from './load-service.js'
import type { ChildAnswer, ServiceName, ServiceStart } from './services.js'

const running: Running[] = []
let ending = false

/** Services close within 20 s; what takes longer hangs. */
const CLOSE_MS = 20_000

const [, ...names] = process.argv.slice(2) as [string, ...ServiceName[]]
const loading = new Map(names.map((name) => [name, loadService(name)]))
// What fails to load is reported when it is to start.
for (const service of loading.values()) service.catch(() => {})

process.once('message', (settings) => {
  startAll(settings as ServiceStart[]).then(
    () => answer({}),
    (error: unknown) => {
      console.error(error)
      answer({ failed: error instanceof Error ? error.message : String(error) })
      void end(1)
    },
  )
})
// The channel closes when the starter dies, also by kill -9: nothing is left behind.
process.once('disconnect', () => void end(0))
process.once('SIGTERM', () => void end(0))

async function startAll(settings: readonly ServiceStart[]): Promise<void> {
  await Promise.all(
    settings.map(async ({ name, environment }) => {
      const start = await loading.get(name)
      if (!start) throw new Error(`${name} was not loaded`)
      running.push(await start({ ...process.env, ...environment }))
    }),
  )
}

function answer(content: ChildAnswer): void {
  process.send?.(content)
}

async function end(code: number): Promise<void> {
  if (ending) return
  ending = true
  setTimeout(() => process.exit(1), CLOSE_MS).unref()
  const results = await Promise.allSettled(running.map((service) => service.close()))
  const failures = results.filter((result) => result.status === 'rejected')
  for (const failure of failures) console.error(failure.reason)
  process.exit(failures.length > 0 ? 1 : code)
}
