// SIGSTOP of an event worker until others have its partitions, then SIGCONT: it wakes up with rows in hand that are not its own any more.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { freezeBeyondLease } from './faults.js'
import { fillInbox } from './feed.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
afterEach(() => stand?.close())

test('a worker frozen beyond its lease, between and inside transactions, changes nothing when it wakes up', async () => {
  stand = await Stand.start()
  const scenario = makeScenario({ seed: 3, events: 9000, traits: true })
  const part = scenario.events.length / 3
  await stand.startWorkers(3)

  await fillInbox(stand.pool, scenario, 0, part)
  for (const [at, moment] of [
    [1, 'inside a transaction'],
    [2, 'between transactions'],
  ] as const) {
    const worker = await freezeBeyondLease(stand, moment)
    // There is work when it wakes up, for it and for those that took over.
    await fillInbox(stand.pool, scenario, at * part, (at + 1) * part)
    worker?.thaw()
    // It was caught in that moment, lives on and takes its share again.
    expect(worker?.alive).toBe(true)
    await stand.untilShared(3)
  }

  await stand.untilSettled()
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
}, 240_000)
