// `npm run faults -- --events N --kills N --seed N`: the fault tests' scenario under random faults, for as long as one likes.
import { register } from 'node:module'

register('./typescript-loader.mjs', import.meta.url)
const { runFaults } = await import('./run.ts')
process.exitCode = await runFaults(process.argv.slice(2))
// Whatever connection lingers: everything is checked and closed.
process.exit()
