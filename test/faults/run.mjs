// `npm run faults -- --events N --kills N --seed N`, or with `--runs N`: the fault tests' scenarios under random faults, for as long as one likes.
import { register } from 'node:module'

register('./typescript-loader.mjs', import.meta.url)
const args = process.argv.slice(2)
// Runs that wait, or events that come in.
if (args.includes('--runs')) process.exitCode = await (await import('./delayed-run.ts')).runDelayedFaults(args)
else process.exitCode = await (await import('./run.ts')).runFaults(args)
// Whatever connection lingers: everything is checked and closed.
process.exit()
