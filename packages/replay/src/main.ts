// `npm run replay`: sends a retail file; the last line on standard output is the result as JSON.
import { join, resolve } from 'node:path'
import { readArguments } from './arguments.js'
import { ReplayError } from './errors.js'
import { localWriteKey } from './local-write-key.js'
import { replay } from './replay.js'

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())
process.once('SIGTERM', () => interrupt.abort())

try {
  // npm changes into the project's folder; INIT_CWD is where it was called.
  const folder = process.env['INIT_CWD'] ?? process.cwd()
  const given = readArguments({ args: process.argv.slice(2), environment: process.env, folder })
  const segueFolder = resolve(import.meta.dirname, '../../..', process.env['SEGUE_FOLDER'] || '.segue')
  const result = await replay({
    ...given,
    writeKey: given.writeKey ?? (await localWriteKey(segueFolder, given)),
    folder: join(segueFolder, 'replay'),
    signal: interrupt.signal,
    output: process.stderr,
  })
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exitCode = interrupt.signal.aborted ? 130 : result.failed > 0 ? 1 : 0
} catch (error) {
  process.stderr.write(
    `${error instanceof ReplayError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exitCode = 1
}
