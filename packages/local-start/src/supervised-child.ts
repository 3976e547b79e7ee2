// One process of a local start, with the services that live in it: started, watched, started again when it dies.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { CHILD_SCRIPT } from './folders.js'
import type { ChildAnswer, ProcessPlan, ServiceStart } from './services.js'

export interface ChildOptions {
  /** As `production-api`. */
  name: string
  /** What it writes is added to this file. */
  logFile: string
  /** The services that it will be told to start, whose code it loads before it knows their settings; and its memory. */
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
  private settings: readonly ServiceStart[] = []
  private closing = false

  /** Begins loading the services' code at once, while the database is still on its way. */
  constructor(private readonly options: ChildOptions) {
    this.child = load(options)
  }

  get name(): string {
    return this.options.name
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  /** Resolves when every service of the process is up; rejects with what it said when it ended instead. */
  async start(settings: readonly ServiceStart[]): Promise<void> {
    this.settings = settings
    await startServices(this.child, settings, this.options)
    void this.supervise()
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

  private async supervise(): Promise<void> {
    const { name, logFile, say } = this.options
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
      await startServices(this.child, this.settings, this.options).then(
        () => say(`${name} is back (process ${this.pid})`),
        (error: Error) => say(error.message),
      )
    }
  }
}

function load({ name, logFile, plan: { services, heapMb, youngMb } }: ChildOptions): ChildProcess {
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

async function startServices(
  child: ChildProcess,
  settings: readonly ServiceStart[],
  { name, logFile }: ChildOptions,
): Promise<void> {
  const answer = new Promise<ChildAnswer>((resolve) => {
    child.once('message', (message) => resolve(message as ChildAnswer))
    child.once('exit', (code, signal) => resolve({ failed: `it ended with ${signal ?? `exit code ${code}`}` }))
    child.once('error', (error) => resolve({ failed: error.message }))
  })
  // A child that has ended already cannot be told anything; its exit is the answer.
  if (child.connected) child.send(settings, () => {})
  else if (hasEnded(child)) throw new Error(`${name} ended while it was loading. Its log: ${logFile}`)
  const { failed } = await answer
  if (failed !== undefined) throw new Error(`${name} did not start: ${failed}. Its log: ${logFile}`)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
