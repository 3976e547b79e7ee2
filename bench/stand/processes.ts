// Child processes of a bench: started, waited for, ended.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export interface BenchProcess {
  child: ChildProcess
  /** What it listens on, if it serves. */
  url: string
}

/** Starts a script and waits until it says in its output where it listens or that it is ready. `flags` are Node's. */
export async function startProcess(
  script: string,
  environment: Record<string, string>,
  flags: readonly string[] = [],
): Promise<BenchProcess> {
  const child = fork(script, {
    execArgv: [...flags],
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const ready = new Promise<string>((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const url = /http:\/\/[0-9.]+:\d+/.exec(output)
      if (url) resolve(url[0])
      else if (output.includes('ready')) resolve('')
    })
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}: ${output}`)))
  })
  return { child, url: await ready }
}

/** Resolves when the process is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** Events that an event worker has committed since it began, by its own count: counting rows would take half a core from it. */
export function eventsProcessed(workerUrl: string): Promise<number> {
  return metric(workerUrl, 'segue_events_processed_total')
}

/** A figure that a process tells of itself; 0 when it does not (yet). */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? 0)
}

/** Processor time that a process has used so far. Linux counts it in hundredths of a second, fields 14 and 15 of proc(5)'s `stat`. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
