// Which Chromium drives the pages of a test: one that the machine has, else one unpacked into the project's own folder.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { canUnpackPackages, libraryFolders, runCommand, unpackProgram } from '@segue/debian-packages'
import { createConnection } from 'mysql2/promise'
import { testServerUrl } from '../setup/database.js'

const root = join(import.meta.dirname, '../../.segue/chromium/root')

/** Chromium draws nothing for these tests, so the build without a window system will do: a hundred megabytes less. */
const PACKAGES = ['chromium-headless-shell', 'chromium']

/** Where these packages, and others' installers, put it. */
const NAMES = ['chromium', 'chromium-headless-shell', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const UNPACKED = ['usr/lib/chromium/chromium-headless-shell', 'usr/lib/chromium/chromium']

/** A browser with the environment that it must be run in. */
export interface ChromiumProgram {
  path: string
  env: Record<string, string>
}

/**
 * The machine's Chromium, else an unpacked one below `.segue/chromium` (downloaded the first time, a hundred megabytes).
 * Throws with what to do when there is none to be had.
 */
export async function findChromium(say: (line: string) => void): Promise<ChromiumProgram> {
  const installed = await installedChromium()
  if (installed) return installed
  if (!existsSync(root)) await oneAtATime(() => unpackChromium(say))
  const path = UNPACKED.map((name) => join(root, name)).find(existsSync)
  if (!path) throw new Error(`There is no Chromium in ${root}. Delete that folder and try again.`)
  const env = { LD_LIBRARY_PATH: (await libraryFolders(root)).join(delimiter), ...fonts() }
  await runCommand(path, ['--version'], { env }).catch((error: Error) => {
    throw new Error(`Chromium ${path} does not run here: ${error.message}. Delete ${root} and try again.`)
  })
  return { path, env }
}

async function installedChromium(): Promise<ChromiumProgram | undefined> {
  for (const name of NAMES) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name)
      if (!existsSync(path)) continue
      // Some systems have a script of this name that only says where to get it.
      const version = await runCommand(path, ['--version']).catch(() => '')
      if (/\b(Chromium|Chrome)\b.* \d+\./.test(version)) return { path, env: {} }
    }
  }
  return undefined
}

async function unpackChromium(say: (line: string) => void): Promise<void> {
  // The suite that waited finds what the other one unpacked.
  if (existsSync(root)) return
  if (!(await canUnpackPackages()))
    throw new Error(
      `Browser tests need Chromium: none is on the PATH and none can be unpacked on this system (${process.platform}). ` +
        'Install Chromium or Chrome.',
    )
  try {
    await unpackProgram({ root, packages: PACKAGES, title: 'Chromium', say })
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    throw new Error(
      `Browser tests need Chromium, which could not be downloaded from the Debian package servers: ${reason}. ` +
        'Check the network and the disk, or install Chromium yourself.',
      { cause: error },
    )
  }
}

/** Suites run side by side; the lock is the database's, because it ends with whoever holds it. */
async function oneAtATime(work: () => Promise<void>): Promise<void> {
  const connection = await createConnection(testServerUrl())
  try {
    await connection.query(`SELECT GET_LOCK('segue_test_chromium', 600)`)
    await work()
  } finally {
    await connection.end()
  }
}

/** On a system without any fonts the unpacked ones are used; without one, text has no width and a link cannot be clicked. */
function fonts(): Record<string, string> {
  if (existsSync('/etc/fonts/fonts.conf') || !existsSync(join(root, 'etc/fonts'))) return {}
  return { FONTCONFIG_PATH: join(root, 'etc/fonts'), XDG_DATA_HOME: join(root, 'usr/share') }
}
