#!/usr/bin/env node
// `npx segue …`: the command, built.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const main = join(import.meta.dirname, 'dist/main.js')
if (existsSync(main)) await import(pathToFileURL(main).href)
else {
  console.error(
    'The command is not built yet. Write `npm run segue -- …`, which builds it, or run `npm run build` before.',
  )
  process.exitCode = 2
}
