// A browser of its own for a suite, and sites for it to look at.
import { chromium, type Browser } from 'playwright-core'
import { findChromium } from './chromium.js'

/** Chromium as it is wanted here: no window, no graphics, and nothing of its own over the network. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Any name is this machine, so a page has a domain of its own, and nothing can reach the world.
  '--host-resolver-rules=MAP * 127.0.0.1',
]

/** Download and unpacking at the very first time, on a slow line. */
export const FIRST_TIME_MS = 600_000

/** Starts Chromium; `close()` ends it and deletes its profile, and so does the end of this process. */
export async function startBrowser(): Promise<Browser> {
  const { path, env } = await findChromium((line) => process.stderr.write(`test browser: ${line}\n`))
  return chromium.launch({
    executablePath: path,
    args: SWITCHES,
    headless: true,
    env: { ...(process.env as Record<string, string>), ...env },
  })
}
