// `npm start -- --status`: what runs, how much memory it takes, and where everything is.
import { localFolders } from './folders.js'
import { residentMb } from './memory.js'
import { say } from './progress.js'
import { readRunning, starterLives } from './running.js'

/** Sets the exit code to 1 when nothing runs. */
export async function status(environment: NodeJS.ProcessEnv): Promise<void> {
  const running = await readRunning(localFolders(environment))
  if (!running || !(await starterLives(running.starter))) {
    say('Segue is not running. Start it with: npm start')
    process.exitCode = 1
    return
  }
  for (const line of running.summary) say(line)
  for (const line of await memoryTable(running.processes)) say(line)
}

/** A line a process with its memory, and the sum. */
export async function memoryTable(processes: readonly { name: string; pid: number }[]): Promise<string[]> {
  const sizes = await Promise.all(processes.map(({ pid }) => residentMb(pid)))
  const row = (name: string, pid: string, size: number) =>
    `  ${name.padEnd(22)}${pid.padStart(9)}${`${Math.round(size)} MiB`.padStart(12)}`
  return [
    ...processes.map(({ name, pid }, n) => row(name, String(pid), sizes[n] ?? 0)),
    row(
      'together',
      '',
      sizes.reduce((sum, size) => sum + size, 0),
    ),
  ]
}
