// Which processes of a local start run, kept in a file: so that `npm stop` finds them, a second start notices the
// first, and the next start cleans up after one that was killed.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLineOf, endLeftoverServer, hasEnded, sendSignal } from '@segue/private-database'
import { z } from 'zod'
import { CHILD_SCRIPT, type Folders } from './folders.js'

const runningFile = z.object({
  /** The process that started everything and ends it. */
  starter: z.number(),
  processes: z.array(z.object({ name: z.string(), pid: z.number() })),
  /** Lines that tell where everything is, as shown when it came up. */
  summary: z.array(z.string()),
})
export type RunningFile = z.infer<typeof runningFile>

/** Takes the place of the one running start. Resolves with false when another start was faster. */
export async function claimRunning({ runningFile: file }: Folders, starter: number): Promise<boolean> {
  const content: RunningFile = { starter, processes: [], summary: [] }
  try {
    await writeFile(file, JSON.stringify(content), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export async function writeRunning({ runningFile: file }: Folders, content: RunningFile): Promise<void> {
  // Renamed into place: who reads it meanwhile, or after we are killed, sees a whole one.
  await writeFile(`${file}.new`, JSON.stringify(content), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** What the file says, whether or not it is still true. */
export async function readRunning({ runningFile: file }: Folders): Promise<RunningFile | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return runningFile.parse(JSON.parse(text))
  } catch {
    // Damaged: whom it meant is unknown, but processes end with their starter, and the database is found by its folder.
    return { starter: 0, processes: [], summary: [] }
  }
}

/** Whether this process is a start of ours: its number may have been given to something else since. */
export async function starterLives(pid: number): Promise<boolean> {
  return pid > 0 && /local-start.*\bstart\b/.test((await commandLineOf(pid)).replaceAll('\0', ' '))
}

/** Ends what a start that was killed left behind: its processes, its database server, its file. Returns their names. */
export async function endLeftovers(folders: Folders, left: RunningFile | undefined): Promise<string[]> {
  const ended: string[] = []
  for (const { name, pid } of left?.processes ?? []) {
    if (await endProcess(pid, CHILD_SCRIPT)) ended.push(name)
  }
  if ((await endLeftoverServer(folders.database)) !== undefined) ended.push('database')
  await rm(folders.runningFile, { force: true })
  return ended
}

/** Ends a process whose command line has `mark` in it: in order, by force after 30 s. False when there is none. */
export async function endProcess(pid: number, mark: string): Promise<boolean> {
  if (!(await commandLineOf(pid)).includes(mark)) return false
  sendSignal(pid, 'SIGTERM')
  for (let waited = 0; waited < 30_000 && !(await hasEnded(pid)); waited += 50) await delay(50)
  if (!(await hasEnded(pid))) sendSignal(pid, 'SIGKILL')
  while (!(await hasEnded(pid))) await delay(50)
  return true
}
