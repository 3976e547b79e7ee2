// `npm run bench -- NAME [arguments]`: compiles the benches and runs one of them in this process.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = import.meta.dirname
const [name] = process.argv.slice(2)
const names = readdirSync(folder).flatMap((file) => (/^[a-z-]+\.ts$/.test(file) ? [file.slice(0, -3)] : []))
if (!name || !names.includes(name)) {
  console.error(`${name ? `There is no bench "${name}".` : 'Which bench?'} There are: ${names.join(', ')}.`)
  process.exit(1)
}
const compiler = join(folder, '../node_modules/typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [compiler, '-p', folder], { stdio: 'inherit' })
const script = join(folder, 'dist', `${name}.js`)
if (compiled.status !== 0 || !existsSync(script)) process.exit(1)
await import(pathToFileURL(script).href)
