// `npm run faults -- --runs N --kills N --seed N`: many paused runs come due under random faults of schedulers, their workers and the database.
import { parseArgs } from 'node:util'
import { byCommit, CommitProxy } from './commit-proxy.js'
import { checkDelayed } from './delayed-check.js'
import { freezeWhileResuming } from './delayed-faults.js'
import { makeCarts } from './delayed-scenario.js'
import { DelayedStand, type DelayedKind } from './delayed-stand.js'
import { killDatabase, killDatabaseDuringCommit } from './faults.js'
import { random, type Random } from './random.js'

const USAGE = 'Usage: npm run faults -- --runs N [--kills N] [--seed N]'
/** Of what is wrong, so much is told. */
const SHOWN = 30
/** A process stands still until the others have done its work: its connections end after eight seconds, its locks after ten. */
const FROZEN_SECONDS = 120

/** A fault: resolves when it is over. */
type Fault = (delayed: DelayedStand, chance: Random) => Promise<unknown>

const kill =
  (kind: DelayedKind): Fault =>
  (delayed, chance) =>
    chance.pick(delayed.services(kind)).kill9()

const FAULTS: Record<string, Fault> = {
  'scheduler killed': kill('scheduler'),
  'scheduler worker killed': kill('scheduler-worker'),
  'database killed': ({ stand }) => killDatabase(stand),
  'database killed during COMMIT': async ({ stand, proxy }, chance) =>
    proxy && killDatabaseDuringCommit(stand, proxy, chance),
  'scheduler frozen': async (delayed, chance) => {
    const scheduler = chance.pick(delayed.services('scheduler'))
    scheduler.freeze()
    await delayed.untilNothingIsDue(FROZEN_SECONDS)
    scheduler.thaw()
  },
  'scheduler worker frozen during COMMIT': async (delayed) => {
    const worker = await freezeWhileResuming(delayed)
    await delayed.untilNothingIsDue(FROZEN_SECONDS)
    worker.thaw()
  },
}

/** Runs, prints what happens, and the verdict as the last line. Returns the exit code. */
export async function runDelayedFaults(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { runs, kills, seed } = options
  const began = performance.now()
  const say = (line: string): void => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)
  }
  const chance = random(seed)
  const scenario = makeCarts({ seed, carts: runs })
  say(`${runs} runs that wait, ${kills} faults, seed ${seed}`)
  const delayed = await DelayedStand.start()
  try {
    await delayed.startDelayed({ proxy: ({ database }) => CommitProxy.start(database.port, byCommit) })
    await delayed.fillCarts(scenario)
    say('everything is up, and all runs wait')
    const waiting = scenario.carts.filter(({ checkout }) => checkout === 'racing' || checkout === 'never')
    const parts = Math.max(1, kills)
    let upcoming: string[] = []
    for (let i = 0; i < parts; i++) {
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * waiting.length) / parts))
      // Each kind once before any comes again.
      if (upcoming.length === 0) upcoming = chance.shuffle(Object.keys(FAULTS))
      const name = (kills > 0 && upcoming.pop()) || 'no fault'
      say(`${i + 1}. ${name}`)
      await Promise.all([delayed.endTime(waiting.slice(from, to)), FAULTS[name]?.(delayed, chance)])
    }
    say('all faults are done; waiting for the rest of the runs')
    await delayed.untilDone(600)
    const { verdict, notes } = await checkDelayed(delayed.stand, scenario)
    for (const failure of delayed.failures) notes.push(`ended by itself: ${failure}`)
    for (const note of notes.slice(0, SHOWN)) say(note)
    process.stdout.write(`${JSON.stringify({ ...verdict, kills })}\n`)
    return notes.length === 0 ? 0 : 1
  } finally {
    await delayed.close()
  }
}

function readOptions(args: string[]): { runs: number; kills: number; seed: number } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: { runs: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string' } },
    })
    const [runs = 0, kills = 0, seed = 0] = [values.runs ?? '20000', values.kills ?? '12', values.seed ?? '1'].map(
      Number,
    )
    const usable = [runs, kills, seed].every((number) => Number.isSafeInteger(number) && number >= 0)
    return usable && runs >= 100 ? { runs, kills, seed } : undefined
  } catch {
    return undefined
  }
}
