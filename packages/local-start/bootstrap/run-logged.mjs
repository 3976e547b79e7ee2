// Runs a program quietly: its output goes to a log file, a line tells that it is still at work, and only when it fails
// does the end of the log appear.
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Resolves when the program ends with 0; throws an error with `explain(log)`'s advice and the log's last lines
 * otherwise. `title` is shown with the seconds it takes.
 */
export async function runLogged(title, program, args, { cwd, logFile, env = {}, explain }) {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = createWriteStream(logFile)
  const began = Date.now()
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`
  const live = process.stdout.isTTY
  process.stdout.write(live ? title : `${title}\n`)
  const timer = setInterval(
    () => process.stdout.write(live ? `\r${title} ${seconds()}` : `  still at it after ${seconds()}\n`),
    live ? 1_000 : 15_000,
  )
  const code = await new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => clearInterval(timer))
  await new Promise((resolve) => log.end(resolve))
  process.stdout.write(live ? `\r${title} ${seconds()}\n` : `  done in ${seconds()}\n`)
  if (code === 0) return
  const text = readFileSync(logFile, 'utf8')
  const tail = text.trimEnd().split('\n').slice(-25).join('\n')
  throw new Error(`${tail}\n\n${explain(text)}\nThe whole output is in ${logFile}.`)
}
