// One process of a local start, with the services that live in it: started, watched, started again when it dies.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { CHILD_SCRIPT } from './folders.js'
import type { Answer, Order } from './orders.js'
import type { PrepareOrder, Prepared } from './prepare.js'
import type { ProcessPlan, ServiceStart } from './services.js'

export interface ChildOptions {
  /** What it writes is added to this file. */
  logFile: string
  /** Its services, whose code it loads before it knows their settings; its name and its memory. */
  plan: ProcessPlan
  say: (line: string) => void
  /** Told after each start that the process id changed. */
  changed: () => void
}

/** A dead process comes back after this long, doubling up to the longest while it keeps dying. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** Who lived this long was healthy: its death is a new story. */
const HEALTHY_AFTER_MS = 60_000
/** Services close within 20 s; what takes longer hangs. */
const CLOSE_MS = 25_000

export class SupervisedChild {
  private child: ChildProcess
  /** Of all services that were started. */
  private settings: readonly ServiceStart[] = []
  private closing = false

  /** Begins loading the services' code at once, while the database is still on its way. */
  constructor(private readonly options: ChildOptions) {
    this.child = load(options)
  }

  get plan(): ProcessPlan {
    return this.options.plan
  }

  get name(): string {
    return this.options.plan.name
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Lets the process prepare a database; it must have the migration worker's code. */
  async prepare(order: PrepareOrder): Promise<Prepared> {
    const { prepared } = await carryOut(this.child, { prepare: order }, this.options)
    if (!prepared) throw new Error(`${this.name} did not prepare the database of ${order.environment}.`)
    return prepared
  }

  /** Starts services of the process, one call after the other. Resolves when they are up; rejects with what the process said when it ended instead. */
  async start(settings: readonly ServiceStart[]): Promise<void> {
    this.settings = [...this.settings, ...settings]
    try {
      await carryOut(this.child, { start: settings }, this.options)
    } catch (error) {
      if (this.closing) throw error
      // Once more: on a machine that is busy with something else a first connection may take too long.
      this.options.say(`${(error as Error).message}. Trying once more.`)
      this.child = load(this.options)
      this.options.changed()
      await carryOut(this.child, { start: this.settings }, this.options)
    }
  }

  /** Ends the process in order and waits until it is gone. */
  async close(): Promise<void> {
    this.closing = true
    if (hasEnded(this.child)) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), CLOSE_MS)
    await ended
    clearTimeout(timer)
  }

  /** Ends the process at once. */
  kill(): void {
    this.closing = true
    this.child.kill('SIGKILL')
  }

  /** From when all is started: starts the process again whenever it dies, until it is closed. */
  async supervise(): Promise<void> {
    const { logFile, say } = this.options
    const { name } = this
    for (let pause = FIRST_PAUSE_MS; !this.closing; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const began = Date.now()
      if (!hasEnded(this.child)) await once(this.child, 'exit')
      if (this.closing) return
      if (Date.now() - began > HEALTHY_AFTER_MS) pause = FIRST_PAUSE_MS
      say(`${name} (process ${this.pid}) died; starting it again. Its log: ${logFile}`)
      await delay(pause)
      if (this.closing) return
      this.child = load(this.options)
      this.options.changed()
      await carryOut(this.child, { start: this.settings }, this.options).then(
        () => say(`${name} is back (process ${this.pid})`),
        (error: Error) => say(error.message),
      )
    }
  }
}

function load({ logFile, plan: { name, services, heapMb, youngMb } }: ChildOptions): ChildProcess {
  const log = openSync(logFile, 'a')
  try {
    return fork(CHILD_SCRIPT, [name, ...services], {
      execArgv: [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${youngMb}`, '--no-warnings'],
      // One pool of memory for two threads, not one for each of eight: what a thread frees, others can use.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
      stdio: ['ignore', log, log, 'ipc'],
      // Its own process group: Ctrl-C in the terminal goes to the starter alone, which ends everything in order.
      detached: true,
    })
  } finally {
    closeSync(log)
  }
}

async function carryOut(child: ChildProcess, order: Order, { plan: { name }, logFile }: ChildOptions): Promise<Answer> {
  const answered = new Promise<Answer>((resolve) => {
    child.once('message', (message) => resolve(message as Answer))
    child.once('exit', (code, signal) => resolve({ failed: `it ended with ${signal ?? `exit code ${code}`}` }))
    child.once('error', (error) => resolve({ failed: error.message }))
  })
  // A child that has ended already cannot be told anything, and its exit will not be heard again.
  if (hasEnded(child)) throw new Error(`${name} ended while it was loading. Its log: ${logFile}`)
  if (child.connected) child.send(order, () => {})
  const answer = await answered
  if (answer.failed !== undefined) throw new Error(`${name} failed: ${answer.failed}. Its log: ${logFile}`)
  return answer
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
