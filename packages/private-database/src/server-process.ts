// One run of a server: spawn it, wait until it answers as ours, end it.
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { PrivateDatabaseError, reasonOf } from './errors.js'
import { pidFile, runningServer } from './leftover-server.js'
import { portIsFree } from './ports.js'
import { sendSignal } from './process-table.js'
import type { ServerProgram } from './server-program.js'
import { folderArguments, serverArguments, type ServerSettings } from './settings.js'

/** What a server is started with. */
export interface Launch {
  program: ServerProgram
  folder: string
  settings: ServerSettings
  rootPassword: string
  /** Delete `folder` when this process dies without having closed the database. */
  temporary: boolean
}

/** A server that answers. */
export interface ServerProcess {
  pid: number
  /** Resolves when the process has ended, for whatever reason. */
  ended: Promise<void>
  /** Ends it in order (SIGTERM; SIGKILL after 30 s) or at once (SIGKILL). */
  end(how: 'in order' | 'at once'): Promise<void>
}

/** Starts the server and resolves when it accepts root with our password and reports our data folder. */
export async function launchServer(launch: Launch): Promise<ServerProcess> {
  const { program, folder, settings } = launch
  const running = await runningServer(folder)
  if (running !== undefined) throw new PrivateDatabaseError('ALREADY_RUNNING', { pid: running, folder })
  if (!(await portIsFree(settings.port))) throw new PrivateDatabaseError('PORT_TAKEN', { port: settings.port })

  const log = join(folder, 'server.log')
  const initFile = join(folder, 'server-init.sql')
  // Its own: a server that starts deletes what looks like temporary tables there, also another server's.
  const temporaryFolder = join(folder, 'tmp')
  await Promise.all([
    rm(log, { force: true }),
    rm(pidFile(folder), { force: true }),
    mkdir(temporaryFolder, { recursive: true, mode: 0o700 }),
  ])
  await writeFile(initFile, rootAccounts(launch.rootPassword), { mode: 0o600 })
  const child = spawn(
    program.path,
    [
      ...folderArguments(program, join(folder, 'data')),
      ...serverArguments(program, settings),
      `--tmpdir=${temporaryFolder}`,
      `--socket=${socketPath(folder)}`,
      `--pid-file=${pidFile(folder)}`,
      `--log-error=${log}`,
      `--init-file=${initFile}`,
    ],
    // Its own process group: Ctrl-C in the terminal goes to us alone, and we end the database after its users.
    { env: { ...process.env, ...program.env }, stdio: 'ignore', detached: true },
  )
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const leash = child.pid === undefined ? undefined : holdOnLeash(child.pid, launch.temporary ? folder : undefined)
  const pid = child.pid ?? 0
  const unleashed = ended.then(() => letGo(leash))
  try {
    await answersAsOurs(launch, ended)
  } catch (error) {
    if (child.pid !== undefined) sendSignal(pid, 'SIGKILL')
    await ended
    throw new PrivateDatabaseError('START_FAILED', { reason: `${reasonOf(error)}${await lastErrors(log)}`, log })
  } finally {
    await rm(initFile, { force: true })
  }
  return { pid, ended, end: (how) => endServer(pid, ended, how).then(() => unleashed) }
}

/**
 * Root by TCP and by socket, with the password of this run, set before the first connection is accepted. Every run
 * sets it again, so a lost password file costs nothing.
 */
function rootAccounts(password: string): string {
  return ['127.0.0.1', 'localhost']
    .map(
      (host) =>
        `CREATE USER IF NOT EXISTS 'root'@'${host}' IDENTIFIED BY '${password}';\n` +
        `ALTER USER 'root'@'${host}' IDENTIFIED BY '${password}';\n` +
        `GRANT ALL PRIVILEGES ON *.* TO 'root'@'${host}' WITH GRANT OPTION;\n`,
    )
    .join('')
}

/** A path over 107 characters makes the server abort, so deep folders get a socket in the system's temporary folder. */
export function socketPath(folder: string): string {
  const beside = join(folder, 'server.sock')
  if (Buffer.byteLength(beside) <= 100) return beside
  return join(tmpdir(), `segue-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`)
}

/**
 * A shell that waits for us to die, by any signal, and then ends the server. Its end of the pipe reads nothing until
 * the system closes ours. Without it a killed test run would leave a server and its files behind.
 */
function holdOnLeash(pid: number, deleteFolder: string | undefined): ChildProcess {
  const script =
    'read -r _; kill -TERM "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; [ -n "$2" ] && rm -rf "$2"'
  const leash = spawn('/bin/sh', ['-c', script, 'leash', String(pid), deleteFolder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  leash.unref()
  // Neither the process nor its pipe may keep us alive.
  if (leash.stdin instanceof Socket) leash.stdin.unref()
  leash.once('error', () => {})
  return leash
}

/** Resolves when the shell is gone and waited for: a zombie would stay where nobody reaps orphans, as in many containers. */
async function letGo(leash: ChildProcess | undefined): Promise<void> {
  if (!leash || leash.exitCode !== null || leash.signalCode !== null) return
  const gone = once(leash, 'exit')
  leash.ref()
  leash.kill('SIGKILL')
  await gone
}

async function answersAsOurs(launch: Launch, ended: Promise<void>): Promise<void> {
  const dataFolder = await realpath(join(launch.folder, 'data'))
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  let reason = 'it did not answer within a minute'
  // A minute: after a crash the server first replays up to a whole redo log.
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(20)) {
    if (hasEnded) throw new Error('it ended')
    try {
      const connection = await createConnection({
        host: '127.0.0.1',
        port: launch.settings.port,
        user: 'root',
        password: launch.rootPassword,
        connectTimeout: 2_000,
      })
      const [rows] = await connection.query<RowDataPacket[]>('SELECT @@datadir AS folder')
      connection.destroy()
      const found = await realpath(String(rows[0]?.['folder']))
      // Between our look at the port and now another server may have taken it.
      if (found !== dataFolder) throw new Error(`another database server answers on port ${launch.settings.port}`)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') reason = reasonOf(error)
    }
  }
  throw new Error(reason)
}

async function endServer(pid: number, ended: Promise<void>, how: 'in order' | 'at once'): Promise<void> {
  sendSignal(pid, how === 'in order' ? 'SIGTERM' : 'SIGKILL')
  if (how === 'in order') {
    const timer = setTimeout(() => sendSignal(pid, 'SIGKILL'), 30_000)
    await ended
    clearTimeout(timer)
  }
  await ended
}

async function lastErrors(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '')
  const errors = text.split('\n').filter((line) => line.includes('[ERROR]'))
  return errors.length > 0 ? `: ${errors.slice(-3).join(' | ')}` : ''
}
