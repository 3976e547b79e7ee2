// Processes under test: started from the build, killed, frozen and thawed; none is left behind.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, readdir, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The project's folder. */
export const projectFolder = join(import.meta.dirname, '../..')

export interface RunningProcess {
  readonly name: string
  readonly pid: number
  /** Whether it has not ended yet. */
  readonly alive: boolean
  /** Resolves with the exit code when it has ended, for whatever reason; null after a signal. */
  readonly ended: Promise<number | null>
  /** SIGKILL; resolves when it is gone. */
  kill9(): Promise<void>
  /** SIGTERM; resolves with the exit code when it is gone. */
  end(): Promise<number | null>
  /** SIGSTOP: from now on it does nothing, and does not know it. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Local ports of its connections to a port of this machine. */
  connectionsTo(port: number): Promise<number[]>
}

/** Starts `node <script>` with these variables beside PATH; output goes to `logFile`. */
export async function startProcess(
  name: string,
  script: string,
  environment: Record<string, string>,
  logFile: string,
): Promise<RunningProcess> {
  const path = join(projectFolder, script)
  if (!existsSync(path)) throw new Error(`${script} is missing: these tests run the build. Run "npm run build" first.`)
  await mkdir(dirname(logFile), { recursive: true })
  const log = await open(logFile, 'a')
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  endWithUs(child)
  return new Running(name, child)
}

const children = new Set<ChildProcess>()
let watching = false

/** Also a test that fails to clean up, or is interrupted, leaves no process. */
function endWithUs(child: ChildProcess): void {
  children.add(child)
  child.once('exit', () => children.delete(child))
  if (watching) return
  watching = true
  process.once('exit', () => {
    for (const one of children) one.kill('SIGKILL')
  })
}

class Running implements RunningProcess {
  readonly ended: Promise<number | null>

  constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', resolve)
      child.once('error', () => resolve(null))
    })
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  async kill9(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }

  end(): Promise<number | null> {
    this.child.kill('SIGTERM')
    return this.ended
  }

  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  /** Linux: the sockets among its file descriptors, found again in the kernel's list of connections. */
  async connectionsTo(port: number): Promise<number[]> {
    const folder = `/proc/${this.pid}/fd`
    const links = await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')))
    const sockets = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
    const lists = await Promise.all(
      ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
    )
    return lists
      .flatMap((list) => list.trim().split('\n').slice(1))
      .flatMap((line) => {
        const fields = line.trim().split(/\s+/)
        const [local = 0, remote = 0] = [fields[1], fields[2]].map((address) =>
          parseInt(address?.split(':')[1] ?? '', 16),
        )
        return remote === port && sockets.has(fields[9] ?? '') ? [local] : []
      })
  }
}
