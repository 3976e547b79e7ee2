// The sample of real data: 3,000 lines of a retailer's invoices, sent as a shop's server would send them.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Folders } from './folders.js'

/** The source that it is sent through. Named here, because the starter would load TypeORM with the code that makes the sources. */
export const SHOP_SOURCE = 'shop'

/** Resolves when the collector has stored it; the workers go on from there. What was sent before is not stored twice. */
export async function sendSample(collectorUrl: string, writeKey: string, { logs }: Folders): Promise<void> {
  const logFile = join(logs, 'sample.log')
  const script = fileURLToPath(import.meta.resolve('@segue/replay')).replace(/index\.js$/, 'main.js')
  const log = openSync(logFile, 'a')
  const child = fork(script, ['--url', collectorUrl, '--source', SHOP_SOURCE, '--from-start'], {
    execArgv: ['--no-warnings'],
    env: { ...process.env, SEGUE_WRITE_KEY: writeKey },
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`The sample of real data was not sent to ${collectorUrl}. More is in ${logFile}.`)
}
