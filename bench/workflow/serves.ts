// Waits for a peer to serve.
import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** Most seconds that starting may take; on a busy machine a large program needs a minute. */
const PATIENCE_SECONDS = 180

/** Resolves when `url` answers 200; throws when the process ended or never answers. */
export async function untilServes(child: ChildProcess, url: string, name: string): Promise<void> {
  const until = performance.now() + PATIENCE_SECONDS * 1000
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended with ${child.exitCode}.`)
    if (performance.now() > until) throw new Error(`${name} does not answer at ${url}.`)
    const answer = await fetch(url).catch(() => undefined)
    await answer?.text()
    if (answer?.ok) return
    await pause(200)
  }
}
