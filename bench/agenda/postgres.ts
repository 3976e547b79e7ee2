// A private PostgreSQL for the peers: unpacked from Debian packages, fully durable, gone afterwards.
import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { libraryFolders, runCommand, unpackProgram } from '@segue/debian-packages'
import { freePort } from '@segue/private-database'
import { root } from '../stand/database.js'

/** What differs from the server's defaults; fsync, full_page_writes and synchronous_commit stay on, which is what durable means there. */
const POSTGRES_SETTINGS = {
  shared_buffers: '512MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
}

export interface Postgres {
  /** Creates a database and returns its URL. */
  database(name: string): Promise<string>
  /** Version and durability, for the report. */
  about: string
  close(): Promise<void>
}

/** The server refuses to run as root; then it gets the id that owns nothing. */
const NOBODY = 65534

export async function startPostgres(): Promise<Postgres> {
  const program = join(root, 'bench/peers/postgres/program')
  if (!existsSync(program)) {
    const packages = ['postgresql-18', 'postgresql-17', 'postgresql-16', 'postgresql-15', 'postgresql-14']
    await unpackProgram({ root: program, packages, title: 'PostgreSQL', say: console.log })
  }
  const versions = join(program, 'usr/lib/postgresql')
  const bin = join(versions, readdirSync(versions)[0] ?? '', 'bin')
  const env = {
    PATH: process.env['PATH'] ?? '',
    LD_LIBRARY_PATH: (await libraryFolders(program)).join(':'),
    LC_ALL: 'C',
  }
  const scratch = join(root, '.segue/test')
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'bench-postgres-'))
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  const data = join(folder, 'data')
  await ended(
    spawn(join(bin, 'initdb'), ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--no-instructions'], {
      ...as,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  const port = await freePort()
  const settings = Object.entries({ ...POSTGRES_SETTINGS, unix_socket_directories: folder, logging_collector: 'off' })
  const server = spawn(
    join(bin, 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...as, env, stdio: 'ignore' },
  )
  const kill = (): void => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', kill)
  await accepts(port, server)
  const version = await runCommand(join(bin, 'postgres'), ['--version'], { env })
  return {
    async database(name) {
      await runCommand(join(bin, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', name], { env })
      return `postgresql://bench@127.0.0.1:${port}/${name}`
    },
    about: `${version.trim()}, fsync=on synchronous_commit=on full_page_writes=on, ${JSON.stringify(POSTGRES_SETTINGS)}`,
    async close() {
      server.kill('SIGINT')
      await once(server, 'exit')
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`initdb ended with ${code}`)
}

async function accepts(port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`)
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.once('connect', () => socket.end())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
