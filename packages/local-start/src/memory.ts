// How much memory processes hold.
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'

/** Resident memory of a process in MiB; 0 when it is gone. */
export async function residentMb(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
  }
  const { stdout } = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'rss=']).catch(() => ({ stdout: '0' }))
  return Number(stdout.trim()) / 1024
}
