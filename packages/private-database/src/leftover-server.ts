// Servers that an earlier run left on a data folder: recognized by the pid file, ended in order.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLineOf, hasEnded, sendSignal } from './process-table.js'

/** The file in a private database's folder that names the server process. */
export function pidFile(folder: string): string {
  return join(folder, 'server.pid')
}

/**
 * The process that serves `folder`, or undefined. A pid file alone proves nothing: a killed server leaves it, and its
 * number may since have been given to something else, so the process must be there and name the folder.
 */
export async function runningServer(folder: string): Promise<number | undefined> {
  const text = await readFile(pidFile(folder), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  const command = await commandLineOf(pid)
  return command.includes(`--datadir=${join(folder, 'data')}`) ? pid : undefined
}

/**
 * Ends a server that an earlier, killed run left on `folder`, and waits until it is gone. Resolves with its process
 * id, or undefined when there was none.
 */
export async function endLeftoverServer(folder: string): Promise<number | undefined> {
  const pid = await runningServer(folder)
  if (pid === undefined) return undefined
  sendSignal(pid, 'SIGTERM')
  // An orderly end writes all that is in memory to disk; half a minute is plenty for the sizes that start here.
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (await hasEnded(pid)) return pid
    await delay(50)
  }
  sendSignal(pid, 'SIGKILL')
  while (!(await hasEnded(pid))) await delay(50)
  await rm(pidFile(folder), { force: true })
  return pid
}
