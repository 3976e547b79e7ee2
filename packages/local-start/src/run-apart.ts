// Processes that do one thing and end.
import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Folders } from './folders.js'
import type { Prepared, PrepareOrder } from './prepare.js'
import { SHOP_SOURCE } from './seed/sources.js'

/** Begins loading the process that prepares databases; the function tells it which, and resolves with its answers. */
export function loadPreparation({ logs }: Folders): (orders: PrepareOrder[]) => Promise<Prepared[]> {
  const logFile = join(logs, 'prepare.log')
  const child = forkLogged(join(import.meta.dirname, 'prepare.js'), [], logFile)
  const answer = new Promise<{ prepared?: Prepared[]; failed?: string }>((resolve) => {
    child.once('message', (message) => resolve(message as { prepared?: Prepared[]; failed?: string }))
    child.once('exit', (code, signal) => resolve({ failed: `it ended with ${signal ?? `exit code ${code}`}` }))
  })
  return async (orders) => {
    child.send(orders)
    const { prepared, failed } = await answer
    if (!prepared) throw new Error(`The databases could not be prepared: ${failed}. More is in ${logFile}.`)
    return prepared
  }
}

/** Sends the sample of real data to a collector, as a shop's server would. What was sent before is not stored twice. */
export async function sendSample(collectorUrl: string, { logs }: Folders): Promise<void> {
  const logFile = join(logs, 'sample.log')
  const script = fileURLToPath(import.meta.resolve('@segue/replay')).replace(/index\.js$/, 'main.js')
  const child = forkLogged(script, ['--url', collectorUrl, '--source', SHOP_SOURCE, '--from-start'], logFile)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`The sample of real data was not sent to ${collectorUrl}. More is in ${logFile}.`)
}

function forkLogged(script: string, args: string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  try {
    return fork(script, args, { execArgv: ['--no-warnings'], stdio: ['ignore', log, log, 'ipc'] })
  } finally {
    closeSync(log)
  }
}
