// Builds every workspace with turbo, when a source is not what it was at the last build.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runLogged } from './run-logged.mjs'

/** Asking turbo takes a second and a half, looking at the files' sizes and times a few milliseconds. */
export async function buildWhenNeeded(root) {
  const workspaces = workspacesOf(root)
  const stamp = join(root, '.segue/built')
  const sources = fingerprint(root, workspaces)
  const built = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources
  if (built && workspaces.every((folder) => !builds(folder) || existsSync(join(folder, 'dist')))) return
  rmSync(stamp, { force: true })
  const turbo = join(root, 'node_modules/.bin/turbo')
  await runLogged('Building...', turbo, ['run', 'build', '--output-logs=errors-only'], {
    cwd: root,
    logFile: join(root, '.segue/build.log'),
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    explain: (log) =>
      /ENOSPC|No space left/.test(log) ? 'The disk is full. Make room and try again.' : 'The build failed.',
  })
  writeFileSync(stamp, sources)
}

/** The folders that package.json's `workspaces` stands for. */
function workspacesOf(root) {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [join(root, pattern)]
      const parent = join(root, pattern.slice(0, -2))
      return existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : []
    })
    .filter((folder) => existsSync(join(folder, 'package.json')))
}

function builds(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts?.build !== undefined
}

function fingerprint(root, workspaces) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', 'tsconfig.base.json', 'turbo.json']) note(hash, join(root, file))
  for (const folder of workspaces) {
    for (const file of ['package.json', 'tsconfig.json']) note(hash, join(folder, file))
    const sources = join(folder, 'src')
    if (!existsSync(sources)) continue
    for (const name of readdirSync(sources, { recursive: true }).sort()) note(hash, join(sources, name))
  }
  return hash.digest('hex')
}

function note(hash, file) {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) hash.update(`${file} ${found.size} ${found.mtimeMs}\n`)
}
