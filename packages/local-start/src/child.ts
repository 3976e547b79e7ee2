// A process of a local start: loads the services that its command line names, does what the starter orders, and ends
// when it is told, or when the starter is gone.
import type { Running } from '@segue/service'
import { loadService } from './load-service.js'
import type { Answer, Order } from './orders.js'
import type { ServiceName, ServiceStart } from './services.js'

const running: Running[] = []
let ending = false

/** Services close within 20 s; what takes longer hangs. */
const CLOSE_MS = 20_000

const [, ...names] = process.argv.slice(2) as [string, ...ServiceName[]]
const loading = new Map(names.map((name) => [name, loadService(name)]))
const preparation = names.includes('migration-worker') ? import('./prepare.js') : undefined
// What fails to load is reported by the order that needs it.
for (const loaded of [...loading.values(), preparation]) loaded?.catch(() => {})

process.on('message', (order: Order) => {
  carryOut(order).then(answer, (error: unknown) => {
    console.error(error)
    answer({ failed: error instanceof Error ? error.message : String(error) })
    void end(1)
  })
})
// The channel closes when the starter dies, also by kill -9: nothing is left behind.
process.once('disconnect', () => void end(0))
process.once('SIGTERM', () => void end(0))

async function carryOut(order: Order): Promise<Answer> {
  if ('start' in order) {
    // One after the other: side by side, each would wait for the computing of all, and a connection could time out.
    for (const service of order.start) await startService(service)
    return {}
  }
  if (!preparation) throw new Error('This process has no code to prepare a database.')
  const { prepare } = await preparation
  return { prepared: await prepare(order.prepare) }
}

async function startService({ name, environment }: ServiceStart): Promise<void> {
  const start = await loading.get(name)
  if (!start) throw new Error(`${name} was not loaded`)
  running.push(await start({ ...process.env, ...environment }))
}

function answer(content: Answer): void {
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
