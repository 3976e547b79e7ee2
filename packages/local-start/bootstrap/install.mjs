// Installs the packages that package-lock.json names, when they are not what lies in node_modules.
import { readFileSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { runLogged } from './run-logged.mjs'

/** Packages, build and database take about 700 MB; the rest is room for data. */
const neededBytes = 1_500_000_000

/** Runs `npm ci` unless node_modules holds exactly what the lock file asks for. */
export async function installWhenNeeded(root) {
  if (isInstalled(root)) return
  requireDisk(root)
  // npm tells its scripts where it is; started without npm, the one on the PATH has to do.
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [program, ...args] = [...npm, 'ci', '--include=dev', '--no-audit', '--no-fund']
  await runLogged('Installing packages (npm ci, about a minute)...', program, args, {
    cwd: root,
    logFile: join(root, '.segue/install.log'),
    explain,
  })
}

/** Compares contents, not times: a checkout touches files without changing what they say. */
function isInstalled(root) {
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const present = packagesOf(join(root, 'node_modules/.package-lock.json'))
  if (!wanted || !present) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    const found = present[path]
    // Optional ones are missing where they are meant for another system.
    return found ? found.version === entry.version && found.resolved === entry.resolved : entry.optional === true
  })
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

function requireDisk(root) {
  const { bavail, bsize } = statfsSync(root)
  const free = bavail * bsize
  if (free >= neededBytes) return
  const inMb = (bytes) => `${Math.round(bytes / 1_000_000)} MB`
  throw new Error(
    `Segue needs ${inMb(neededBytes)} of disk in ${root}; ${inMb(free)} are free. Make room and try again.`,
  )
}

function explain(log) {
  const code = /npm (?:error|ERR!) code (\w+)/.exec(log)?.[1] ?? ''
  if (/ENOSPC/.test(log)) return 'The disk is full. Make room and run the same command again.'
  if (/^(EACCES|EPERM|EROFS)$/.test(code)) return 'npm may not write here. Check who owns this folder and try again.'
  if (/^(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN\w+|ENETUNREACH|ERR_SOCKET_TIMEOUT|FETCH_ERROR)$/.test(code))
    return 'The npm registry could not be reached. Check the network (or a proxy) and run the same command again.'
  return 'The packages could not be installed.'
}
