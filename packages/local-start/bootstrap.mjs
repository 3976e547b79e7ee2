// What `npm start`, `npm test` and the other commands of a fresh clone begin with. Plain JavaScript without
// dependencies: it runs before anything is installed or built, provides both, and hands over.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { requireNode } from './bootstrap/node-version.mjs'

const root = join(import.meta.dirname ?? '.', '../..')

/** Each command: what runs once everything is installed and built. */
const commands = {
  start: (args) => runHere('packages/local-start/dist/main.js', ['start', ...args]),
  stop: (args) => runHere('packages/local-start/dist/main.js', ['stop', ...args]),
  test: async (args) => (await import('./bootstrap/tests.mjs')).runTests(root, args),
  replay: (args) => runHere('packages/replay/dist/main.js', args),
  bench: (args) => runApart('bench/run.mjs', args),
  faults: (args) => runApart('test/faults/run.mjs', args),
  segue: (args) => runHere('packages/command-line/segue.mjs', args),
  compose: (args) => runApart('gateway/compose.mjs', args),
}

/** In this process: it gets the signals itself, and a service's starter need not share the machine with its own parent. */
async function runHere(script, args) {
  process.argv = [process.argv[0], join(root, script), ...args]
  await import(pathToFileURL(join(root, script)).href)
}

/** In a process of its own, whose exit code becomes ours. Ctrl-C reaches both; this one waits for the other. */
function runApart(script, args) {
  const child = spawn(process.execPath, [join(root, script), ...args], { cwd: root, stdio: 'inherit' })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)))
}

async function main() {
  requireNode()
  // Only now: an older Node would stop at what these import, with a message that helps nobody.
  const { installWhenNeeded } = await import('./bootstrap/install.mjs')
  const { buildWhenNeeded } = await import('./bootstrap/build.mjs')
  const [name, ...args] = process.argv.slice(2)
  const command = commands[name]
  if (!command) throw new Error(`Unknown command "${name ?? ''}". There are: ${Object.keys(commands).join(', ')}.`)
  // Stopping must work, and at once, also while the sources do not build.
  const built = existsSync(join(root, 'packages/local-start/dist/main.js')) && existsSync(join(root, 'node_modules'))
  if (name !== 'stop' || !built) {
    await installWhenNeeded(root)
    await buildWhenNeeded(root)
  }
  await command(args)
}

main().catch((error) => {
  console.error(`\n${error.message}`)
  process.exitCode = 1
})
