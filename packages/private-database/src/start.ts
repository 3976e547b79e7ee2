// A private database: a server of our own on a folder of our own, that can be killed, restarted and kept alive.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ensureDataFolder } from './data-folder.js'
import { PrivateDatabaseError, reasonOf } from './errors.js'
import { freePort } from './ports.js'
import { findServerProgram } from './server-program.js'
import { launchServer, socketPath, type Launch, type ServerProcess } from './server-process.js'

/** What a private database is started with. */
export interface PrivateDatabaseOptions {
  /** Holds its data, password and log; created when missing. Data in it stays for the next start. */
  folder: string
  /** Holds the unpacked server and the template of a data folder; shared by all private databases of a project. */
  cacheFolder: string
  /** Port on 127.0.0.1; 0 takes a free one. */
  port: number
  /** Ports that are free now but meant for others who start later. */
  avoidPorts?: readonly number[]
  /** `full`: a commit is on disk before it is answered. `relaxed`: a crash may lose the last second. */
  durability: 'full' | 'relaxed'
  /** MiB of memory for cached pages. */
  bufferPoolMb: number
  /** MiB of redo log: small starts quickly and takes little disk, large lets heavy writing run without stalls. */
  redoLogMb: number
  /** Delete the folder when the database is closed, and also when this process dies first. Default false. */
  temporary?: boolean
  /** Start the server again whenever it dies without having been told to. Default false. */
  supervised?: boolean
  /** Told, in a line, what takes time and what a supervisor saw. */
  say?: (line: string) => void
}

/** A running private database. */
export interface PrivateDatabase {
  /** `mysql://root:…@127.0.0.1:port`, without a database name. */
  readonly adminUrl: string
  readonly port: number
  /** The server's Unix socket: mysql2 takes it as `?socketPath=` of a URL. A fifth quicker than TCP on the same machine. */
  readonly socketPath: string
  readonly dataFolder: string
  /** The server's process id now; a restart changes it. */
  readonly pid: number
  /** Kills the server as `kill -9` does and resolves when it is gone. A supervised one comes back by itself. */
  kill9(): Promise<void>
  /** Starts the server on the same port and data; one that runs is ended in order first. */
  restart(): Promise<void>
  /** Ends the server in order, and deletes the folder of a temporary one. */
  close(): Promise<void>
}

/**
 * Provides the server program (see `findServerProgram`), the data folder and a random root password (in
 * `folder/root-password`, mode 600), starts the server and resolves when it answers.
 * Throws PrivateDatabaseError.
 */
export async function startPrivateDatabase(options: PrivateDatabaseOptions): Promise<PrivateDatabase> {
  const say = options.say ?? (() => {})
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  const folder = await realpath(options.folder)
  const program = await findServerProgram(options.cacheFolder, say)
  await ensureDataFolder(program, options.cacheFolder, join(folder, 'data'))
  const { port, durability, bufferPoolMb, redoLogMb, temporary = false } = options
  const launch: Launch = {
    program,
    folder,
    settings: { port, durability, bufferPoolMb, redoLogMb },
    rootPassword: await rootPassword(folder),
    temporary,
  }
  return new RunningDatabase(launch, await firstLaunch(launch, options.avoidPorts), options.supervised ?? false, say)
}

/** With port 0 somebody may take the port between the look at it and the start, so a few are tried. */
async function firstLaunch(launch: Launch, avoidPorts?: readonly number[]): Promise<ServerProcess> {
  if (launch.settings.port !== 0) return launchServer(launch)
  for (let attempt = 1; ; attempt++) {
    launch.settings.port = await freePort(avoidPorts)
    try {
      return await launchServer(launch)
    } catch (error) {
      const another = error instanceof PrivateDatabaseError && ['START_FAILED', 'PORT_TAKEN'].includes(error.code)
      if (!another || attempt === 3) throw error
    }
  }
}

async function rootPassword(folder: string): Promise<string> {
  const file = join(folder, 'root-password')
  if (existsSync(file)) {
    const kept = (await readFile(file, 'utf8')).trim()
    if (/^[0-9a-f]{32}$/.test(kept)) return kept
  }
  const password = randomBytes(16).toString('hex')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}

class RunningDatabase implements PrivateDatabase {
  readonly adminUrl: string
  readonly port: number
  readonly socketPath: string
  readonly dataFolder: string
  private closing = false
  /** True while somebody asked for the server's end, so that the supervisor leaves it alone. */
  private pausedSupervision = false

  constructor(
    private readonly launch: Launch,
    private server: ServerProcess,
    private readonly supervised: boolean,
    private readonly say: (line: string) => void,
  ) {
    this.port = launch.settings.port
    this.adminUrl = `mysql://root:${launch.rootPassword}@127.0.0.1:${this.port}`
    this.socketPath = socketPath(launch.folder)
    this.dataFolder = join(launch.folder, 'data')
    if (supervised) void this.supervise()
  }

  get pid(): number {
    return this.server.pid
  }

  async kill9(): Promise<void> {
    await this.server.end('at once')
  }

  async restart(): Promise<void> {
    this.pausedSupervision = true
    try {
      await this.server.end('in order')
      this.server = await launchServer(this.launch)
    } finally {
      this.pausedSupervision = false
    }
    if (this.supervised) void this.supervise()
  }

  async close(): Promise<void> {
    this.closing = true
    // What is deleted right after need not be written to disk in order first.
    await this.server.end(this.launch.temporary ? 'at once' : 'in order')
    if (this.launch.temporary) await rm(this.launch.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Watches one server process, and its successors, until the database is closed or restarted by hand. */
  private async supervise(): Promise<void> {
    for (let failures = 0; ;) {
      const watched = this.server
      await watched.ended
      if (this.closing || this.pausedSupervision || watched !== this.server) return
      this.say(`the database (process ${watched.pid}) died; starting it again`)
      try {
        this.server = await launchServer(this.launch)
        this.say(`the database is back (process ${this.server.pid})`)
        failures = 0
        if (this.closing) await this.server.end('in order')
      } catch (error) {
        this.say(reasonOf(error))
        // Doubling up to ten seconds: a full disk must not turn into a busy loop.
        await delay(Math.min(10_000, 250 * 2 ** failures++))
      }
    }
  }
}
