// The process behind `npm start` and `npm stop`.
import { ConfigError } from '@segue/service/config'
import { PrivateDatabaseError } from '@segue/private-database'

const [command, ...options] = process.argv.slice(2)

try {
  const unknown = options.filter((option) => option !== '--status')
  if (unknown.length > 0) throw new Error(`Unknown option ${unknown.join(' ')}; there is only --status.`)
  if (command === 'stop') await (await import('./stop.js')).stop(process.env)
  else if (options.includes('--status')) await (await import('./status.js')).status(process.env)
  else await (await import('./start.js')).start(process.env)
} catch (error) {
  // What is meant for people is shown as it is; the rest is our mistake and needs its stack.
  const forPeople =
    error instanceof ConfigError || error instanceof PrivateDatabaseError || !(error instanceof TypeError)
  process.stderr.write(`\n${error instanceof Error ? (forPeople ? error.message : error.stack) : String(error)}\n`)
  process.exit(1)
}
