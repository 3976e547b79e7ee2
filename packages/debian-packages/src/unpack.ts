// Downloads a program and the libraries that this machine lacks as Debian packages and unpacks them into a folder: no
// root, nothing installed, and deleting the folder removes it.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from './run-command.js'

// The C library belongs to the running system; a second one beside it would not load.
const neverUnpacked = new Set(['libc6', 'libc-bin', 'libgcc-s1', 'libcrypt1'])

/** What is unpacked, and where. */
export interface UnpackOptions {
  /** The folder that is made; it appears complete or not at all. */
  root: string
  /**
   * Beginnings of package names, best first: the first of them that the configured sources have a package for wins, and
   * of several such packages the alphabetically first.
   */
  packages: readonly string[]
  /** What people call the program. */
  title: string
  /** Told, in a line, what takes time. */
  say: (line: string) => void
}

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
 * Unpacks a program below `root`, also when two processes do this at once: everything happens in a folder beside it, which
 * is renamed at the end. Rejects with a reason in a sentence: no network, no such package, a full disk.
 */
export async function unpackProgram({ root, packages, title, say }: UnpackOptions): Promise<void> {
  await mkdir(dirname(root), { recursive: true })
  const work = await mkdtemp(join(dirname(root), 'unpacking-'))
  try {
    const apt = join(work, 'apt')
    const archives = join(work, 'debs')
    const unpacked = join(work, 'root')
    for (const folder of [join(apt, 'lists/partial'), join(apt, 'cache/archives/partial'), archives, unpacked]) {
      await mkdir(folder, { recursive: true })
    }
    const options = aptOptions(apt)
    say('reading the package lists of the Debian servers (once)')
    await runCommand('apt-get', [...options, '-qq', '-o', 'APT::Update::Error-Mode=any', 'update'])
    const wanted = await missingPackages(options, packages)
    say(`downloading ${title}: ${wanted.length} packages, ${await megabytes(options, wanted)} MB`)
    await runCommand('apt-get', [...options, '-qq', 'download', ...wanted], { cwd: archives })
    say(`unpacking ${title}`)
    for (const file of await readdir(archives)) {
      await runCommand('dpkg-deb', ['-x', join(archives, file), unpacked])
    }
    await rename(unpacked, root).catch((error: unknown) => {
      // Another process was faster; its folder is as good.
      if (!existsSync(root)) throw error
    })
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
 * `name=version` of the program and of every package it depends on that is not installed here. The resolver of apt
 * answers, because library names differ between releases (libaio1, libaio1t64).
 */
async function missingPackages(options: string[], beginnings: readonly string[]): Promise<string[]> {
  const program = await firstPackage(options, beginnings)
  if (!program) throw new Error(`the configured package sources have no ${beginnings.join(' and no ')}`)
  const plan = await runCommand('apt-get', [...options, '-s', '--no-install-recommends', 'install', program])
  return [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)]
    .filter(([, name]) => name !== undefined && !neverUnpacked.has(name))
    .map(([, name, version]) => `${name}=${version}`)
}

async function firstPackage(options: string[], beginnings: readonly string[]): Promise<string | undefined> {
  for (const beginning of beginnings) {
    const names = await runCommand('apt-cache', [...options, 'pkgnames', beginning])
    const first = names.split('\n').filter(Boolean).sort()[0]
    if (first) return first
  }
  return undefined
}

/** Size of the download, by the lines `'address' file bytes checksum` that apt prints instead of downloading. */
async function megabytes(options: string[], wanted: readonly string[]): Promise<number> {
  const lines = await runCommand('apt-get', [...options, '-qq', '--print-uris', 'download', ...wanted])
  const bytes = [...lines.matchAll(/^'\S+' \S+ (\d+)/gm)].reduce((sum, [, size]) => sum + Number(size), 0)
  return Math.ceil(bytes / 1_000_000)
}
