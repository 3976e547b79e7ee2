// Downloads MariaDB's server and the libraries that this machine lacks as Debian packages and unpacks them into a
// folder: no root, nothing installed, and deleting the folder removes it.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PrivateDatabaseError } from './errors.js'
import { reasonOf, runCommand } from './run-command.js'

// The C library belongs to the running system; a second one beside it would not load.
const neverUnpacked = new Set(['libc6', 'libc-bin', 'libgcc-s1', 'libcrypt1'])

/** Whether this is a Debian-like system with the tools that unpacking needs. */
export async function canUnpackPackages(): Promise<boolean> {
  if (!existsSync('/var/lib/dpkg/status')) return false
  try {
    await Promise.all([runCommand('apt-get', ['--version']), runCommand('dpkg-deb', ['--version'])])
    return true
  } catch {
    return false
  }
}

/**
 * Unpacks the server below `root`. The folder appears complete or not at all, also when two processes do this at once:
 * everything happens in a folder beside it, which is renamed at the end.
 */
export async function unpackServer(cacheFolder: string, root: string, say: (line: string) => void): Promise<void> {
  await mkdir(cacheFolder, { recursive: true })
  const work = await mkdtemp(join(cacheFolder, 'unpacking-'))
  try {
    const apt = join(work, 'apt')
    const packages = join(work, 'debs')
    const unpacked = join(work, 'root')
    for (const folder of [join(apt, 'lists/partial'), join(apt, 'cache/archives/partial'), packages, unpacked]) {
      await mkdir(folder, { recursive: true })
    }
    const options = aptOptions(apt)
    say('reading the package lists of the Debian servers (once)')
    await runCommand('apt-get', [...options, '-qq', '-o', 'APT::Update::Error-Mode=any', 'update'])
    const wanted = await missingPackages(options)
    say(`downloading MariaDB: ${wanted.map((name) => name.split('=')[0]).join(', ')}`)
    await runCommand('apt-get', [...options, '-qq', 'download', ...wanted], { cwd: packages })
    say('unpacking MariaDB')
    for (const file of await readdir(packages)) {
      await runCommand('dpkg-deb', ['-x', join(packages, file), unpacked])
    }
    await rename(unpacked, root).catch((error: unknown) => {
      // Another process was faster; its folder is as good.
      if (!existsSync(join(root, 'usr/sbin/mariadbd'))) throw error
    })
  } catch (error) {
    throw new PrivateDatabaseError('DOWNLOAD_FAILED', { reason: reasonOf(error) })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** apt with its own lists and cache, but the system's sources, keys and knowledge of what is installed. */
function aptOptions(folder: string): string[] {
  const settings = {
    'Dir::State': folder,
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::State::status': '/var/lib/dpkg/status',
    // As root, apt would give up root for downloads and then lack the right to write into our folder.
    'APT::Sandbox::User': '',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
  }
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/**
 * `name=version` of the server and of every package it depends on that is not installed here. The resolver of apt
 * answers, because library names differ between releases (libaio1, libaio1t64).
 */
async function missingPackages(options: string[]): Promise<string[]> {
  const names = await runCommand('apt-cache', [...options, 'pkgnames', 'mariadb-server-core'])
  // Debian and newer Ubuntus: `mariadb-server-core`; Ubuntu 22.04: `mariadb-server-core-10.6`.
  const server = names.split('\n').filter(Boolean).sort()[0]
  if (!server) throw new Error('the configured package sources have no mariadb-server-core')
  const plan = await runCommand('apt-get', [...options, '-s', '--no-install-recommends', 'install', server])
  return [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)]
    .filter(([, name]) => name !== undefined && !neverUnpacked.has(name))
    .map(([, name, version]) => `${name}=${version}`)
}
