// A supervisor as operators have one: a process that ends is started again, soon.
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningProcess } from './processes.js'

/** As systemd with `Restart=always` and its default `RestartSec`. */
const RESTART_MS = 100

/** What is kept alive. */
export interface Service {
  name: string
  /** Starts a process of it, on the same port each time. */
  launch: () => Promise<RunningProcess>
  /** Answers 200 when it is up. */
  healthUrl: string
}

export class Supervised {
  #process: RunningProcess
  #killed: RunningProcess | undefined
  #closing = false
  /** How often it ended without having been killed. */
  failures = 0

  private constructor(
    private readonly service: Service,
    process: RunningProcess,
  ) {
    this.#process = process
    void this.#watch()
  }

  /** Starts it and resolves when it is up. */
  static async start(service: Service): Promise<Supervised> {
    const supervised = new Supervised(service, await service.launch())
    await supervised.untilUp()
    return supervised
  }

  get name(): string {
    return this.service.name
  }

  /** The one that runs now. */
  get process(): RunningProcess {
    return this.#process
  }

  async kill9(): Promise<void> {
    this.#killed = this.#process
    await this.#process.kill9()
  }

  freeze(): void {
    this.#process.freeze()
  }

  thaw(): void {
    this.#process.thaw()
  }

  async untilUp(seconds = 60): Promise<void> {
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(20)) {
      try {
        const response = await fetch(this.service.healthUrl, { signal: AbortSignal.timeout(5000) })
        await response.text()
        if (response.ok) return
      } catch {
        // Not yet.
      }
    }
    throw new Error(`${this.name} is not up after ${seconds} s.`)
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.#closing = true
    this.#process.thaw()
    await this.#process.kill9()
  }

  async #watch(): Promise<void> {
    for (;;) {
      await this.#process.ended
      if (this.#closing) return
      if (this.#killed !== this.#process) this.failures += 1
      await pause(RESTART_MS)
      if (this.#closing) return
      this.#process = await this.service.launch()
    }
  }
}
