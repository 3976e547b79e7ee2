// Which database server to run: one that the machine has, else one unpacked into the project's own folder.
import { access, realpath } from 'node:fs/promises'
import { constants, existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { canUnpackPackages, libraryFolders, runCommand, unpackProgram } from '@segue/debian-packages'
import { PrivateDatabaseError, reasonOf } from './errors.js'

/** A server program with the folders that it must be told about. */
export interface ServerProgram {
  kind: 'mariadb' | 'mysql'
  /** As `10.11.19`. */
  version: string
  path: string
  /** Folder with the error messages, character sets and, for MariaDB, the SQL of the system tables. */
  shareFolder?: string
  /** `LD_LIBRARY_PATH` for an unpacked server; empty for the machine's own. */
  env: Record<string, string>
}

/**
 * The machine's server when it is MariaDB 10.6+ or MySQL 8+, else an unpacked one under `cacheFolder/root` (downloaded
 * the first time, about ten seconds). `say` is told what takes time.
 */
export async function findServerProgram(cacheFolder: string, say: (line: string) => void): Promise<ServerProgram> {
  const installed = await installedServer()
  if (installed) return installed
  const root = join(cacheFolder, 'root')
  if (!existsSync(join(root, 'usr/sbin/mariadbd'))) {
    if (!(await canUnpackPackages())) {
      const install = process.platform === 'darwin' ? 'brew install mariadb' : 'dnf install mariadb-server'
      throw new PrivateDatabaseError('NO_SERVER', { system: process.platform, install })
    }
    // Debian and newer Ubuntus: `mariadb-server-core`; Ubuntu 22.04: `mariadb-server-core-10.6`.
    await unpackProgram({ root, packages: ['mariadb-server-core'], title: 'MariaDB', say }).catch((error: unknown) => {
      throw new PrivateDatabaseError('DOWNLOAD_FAILED', { reason: reasonOf(error) })
    })
  }
  return unpackedServer(root)
}

async function installedServer(): Promise<ServerProgram | undefined> {
  // Servers often lie outside a user's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/libexec']
  for (const name of ['mariadbd', 'mysqld']) {
    for (const folder of folders) {
      const path = join(folder, name)
      const program = await describe(path, {}).catch(() => undefined)
      if (program) return program
    }
  }
  return undefined
}

async function unpackedServer(root: string): Promise<ServerProgram> {
  const path = join(root, 'usr/sbin/mariadbd')
  const libraries = await libraryFolders(root)
  try {
    const program = await describe(path, { LD_LIBRARY_PATH: libraries.join(delimiter) })
    if (program) return program
    throw new Error('its version is not understood')
  } catch (error) {
    throw new PrivateDatabaseError('UNUSABLE_SERVER', { path, reason: reasonOf(error), folder: root })
  }
}

/** Undefined when the program is older than what Segue needs. Throws when there is none, or it does not run. */
async function describe(path: string, env: Record<string, string>): Promise<ServerProgram | undefined> {
  await access(path, constants.X_OK)
  const text = await runCommand(path, ['--no-defaults', '--version'], { env })
  const [, version, major, minor] = /Ver ((\d+)\.(\d+)[\d.]*)/.exec(text) ?? []
  if (!version) return undefined
  const kind = text.includes('MariaDB') ? 'mariadb' : 'mysql'
  const number = Number(major) * 100 + Number(minor)
  if (number < (kind === 'mariadb' ? 1006 : 800)) return undefined
  const base = dirname(dirname(await realpath(path)))
  const shares = [join(base, 'share'), '/usr/share'].flatMap((share) => [join(share, 'mysql'), join(share, 'mariadb')])
  const shareFolder = shares.find((folder) => existsSync(join(folder, 'mysql_system_tables.sql')))
  if (kind === 'mariadb' && !shareFolder) return undefined
  return { kind, version, path, env, ...(shareFolder ? { shareFolder } : {}) }
}
