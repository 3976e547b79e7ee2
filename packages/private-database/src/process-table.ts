// Other processes: what they are, and signals to them.
import { readFile } from 'node:fs/promises'
import { runCommand } from '@segue/debian-packages'

/** The command line of a process, its words separated by NUL or blanks; empty when there is no such process. */
export async function commandLineOf(pid: number): Promise<string> {
  // Linux has the file; other systems have `ps` in every installation. A zombie's command line is empty in both.
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return runCommand('ps', ['-p', String(pid), '-o', 'command=']).catch(() => '')
}

/**
 * Whether a process has let go of all that it held. Its command line is gone earlier than its locks and ports; a zombie
 * has only its number left.
 */
export async function hasEnded(pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // `pid (name) state …`; the name may hold anything, also brackets.
    return /^$|\) [ZX] [^)]*$/.test(stat)
  }
  const state = await runCommand('ps', ['-p', String(pid), '-o', 'state=']).catch(() => '')
  return state === '' || state.trim().startsWith('Z')
}

/** Sends a signal to a process that may have ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
