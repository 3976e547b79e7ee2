// A long run: events come in through collectors and out of a deep inbox, while processes are killed and frozen, the database dies and the network cuts.
import { parseArgs } from 'node:util'
import { checkAll } from './check.js'
import { byCommit, byInsert, CommitProxy } from './commit-proxy.js'
import {
  freezeBeyondLease,
  freezeWhileCommitting,
  killDatabase,
  killDatabaseDuringCommit,
  killWorker,
} from './faults.js'
import { fillInbox, sendToCollectors } from './feed.js'
import { random, type Random } from './random.js'
import { makeScenario, type Scenario } from './scenario.js'
import { Stand } from './stand.js'

const USAGE = 'Usage: npm run faults -- [--events N] [--kills N] [--seed N]'
/** The same number of each kind of process as the tests have. */
const WORKERS = 3
const COLLECTORS = 2
/** Of all events: in the inbox before anything else happens. The rest comes over HTTP, in as many parts as there are faults. */
const WAITING_AT_FIRST = 0.3

/** Of what is wrong, so much is told. */
const SHOWN = 30

/** Everything that faults are done to. */
interface Scene {
  stand: Stand
  commits: CommitProxy
  inserts: CommitProxy
  chance: Random
}

/** A fault: resolves when it is over and what it broke is replaced. */
type Fault = (scene: Scene) => Promise<unknown>

const FAULTS: Record<string, Fault> = {
  'event worker killed': ({ stand, commits, chance }) => killWorker(stand, chance.pick(stand.workers), commits),
  'database killed': ({ stand }) => killDatabase(stand),
  'database killed during COMMIT': ({ stand, commits, chance }) => killDatabaseDuringCommit(stand, commits, chance),
  'event worker frozen inside a transaction': ({ stand, commits }) => freezeWhileCommitting(stand, commits),
  'event worker frozen between transactions': async ({ stand }) => {
    const worker = await freezeBeyondLease(stand, 'between transactions')
    worker?.thaw()
  },
  'connections cut after COMMIT': async ({ commits, chance }) => commits.cutAfter(1 + chance.whole(5)),
  'connections cut after INSERT': async ({ inserts, chance }) => inserts.cutAfter(1 + chance.whole(10)),
  'collector killed': async ({ stand, inserts, chance }) => {
    const [collector] = stand.collectors.splice(chance.whole(stand.collectors.length), 1)
    await collector?.kill9()
    await stand.startCollector(inserts)
  },
}

/** Runs, prints what happens, and the verdict as the last line. Returns the exit code. */
export async function runFaults(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (!options) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { events, kills, seed } = options
  const began = performance.now()
  const say = (line: string): void => {
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)
  }
  const chance = random(seed)
  const scenario = makeScenario({ seed, events, traits: false })
  say(`${scenario.events.length} events, ${kills} faults, seed ${seed}`)
  const stand = await Stand.start()
  const commits = await CommitProxy.start(stand.database.port, byCommit)
  const inserts = await CommitProxy.start(stand.database.port, byInsert)
  try {
    await stand.startWorkers(WORKERS, commits)
    for (let i = 0; i < COLLECTORS; i++) await stand.startCollector(inserts)
    say('everything is up')
    await disturb({ stand, commits, inserts, chance }, scenario, kills, say)
    say('all events are sent and all faults are done; waiting for the rest to be processed')
    await stand.untilSettled(600)
    const { verdict, notes } = await checkAll(stand, scenario)
    for (const note of notes.slice(0, SHOWN)) say(note)
    say(`${commits.cuts + inserts.cuts} connections were cut`)
    process.stdout.write(`${JSON.stringify({ ...verdict, kills })}\n`)
    return verdict.lost + verdict.doubled + verdict.wrong === 0 ? 0 : 1
  } finally {
    await stand.close()
    await Promise.all([commits.close(), inserts.close()])
  }
}

/** Sends the events in parts, and does a fault in the middle of each. */
async function disturb(scene: Scene, scenario: Scenario, kills: number, say: (line: string) => void): Promise<void> {
  const { stand, chance } = scene
  const waiting = Math.floor(scenario.events.length * WAITING_AT_FIRST)
  await fillInbox(stand.pool, scenario, 0, waiting)
  const names = Object.keys(FAULTS)
  let upcoming: string[] = []
  const part = (scenario.events.length - waiting) / Math.max(1, kills)
  for (let done = 0; done < Math.max(1, kills); done++) {
    const [from, to] = [waiting + Math.floor(done * part), waiting + Math.floor((done + 1) * part)]
    if (kills === 0) {
      await sendToCollectors(() => urlsOf(stand), scenario, from, to)
      continue
    }
    // Each kind once before any comes again.
    if (upcoming.length === 0) upcoming = chance.shuffle(names)
    const name = upcoming.pop() ?? ''
    say(`${done + 1}. ${name}`)
    // A worker is caught at work only when there is plenty: all at once then.
    const sending = name.includes('frozen')
      ? fillInbox(stand.pool, scenario, from, to)
      : sendToCollectors(() => urlsOf(stand), scenario, from, to)
    await Promise.all([sending, FAULTS[name]?.(scene)])
  }
}

function urlsOf({ collectors }: Stand): string[] {
  return collectors.map(({ url }) => url)
}

function readOptions(args: string[]): { events: number; kills: number; seed: number } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: { events: { type: 'string' }, kills: { type: 'string' }, seed: { type: 'string' } },
    })
    const [events, kills, seed] = [values.events ?? '20000', values.kills ?? '16', values.seed ?? '1'].map(Number)
    const usable = [events, kills, seed].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)
    return usable && events && events >= 100 ? { events, kills: kills ?? 0, seed: seed ?? 0 } : undefined
  } catch {
    return undefined
  }
}
