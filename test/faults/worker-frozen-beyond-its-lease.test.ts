// SIGSTOP of an event worker until others have its partitions, then SIGCONT: it wakes up with rows in hand that are not its own any more.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { freezeBeyondLease } from './faults.js'
import { fillInbox } from './feed.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
afterEach(() => stand?.close())

test.each(['between transactions', 'inside a transaction'] as const)(
  'a worker frozen %s beyond its lease changes nothing when it wakes up',
  async (where) => {
    stand = await Stand.start()
    const scenario = makeScenario({ seed: 3, events: 12_000, traits: true })
    const half = scenario.events.length / 2
    await stand.startWorkers(3)

    await fillInbox(stand.pool, scenario, 0, half)
    const worker = await freezeBeyondLease(stand, where)
    if (!worker) throw new Error(`No worker could be frozen ${where}.`)
    // There is work when it wakes up, for it and for those that took over.
    await fillInbox(stand.pool, scenario, half)
    worker.thaw()

    await stand.untilSettled()
    const findings = await checkAll(stand, scenario)
    expect(findings.notes).toEqual([])
    expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
    // It lives on and takes its share again.
    expect(worker.alive).toBe(true)
    await stand.untilShared(3)
  },
  120_000,
)
