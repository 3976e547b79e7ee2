// kill -9 of event workers in the middle of their work: others take over within seconds, and nothing shows.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { killWorker } from './faults.js'
import { fillInbox } from './feed.js'
import { random } from './random.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
afterEach(() => stand?.close())

test('event workers killed in the middle of batches lose, double and change nothing', async () => {
  stand = await Stand.start()
  const { pool } = stand
  const chance = random(11)
  const scenario = makeScenario({ seed: 1, events: 9000, traits: true })
  await stand.startWorkers(3)
  const rows = await fillInbox(pool, scenario)

  for (const left of [0.8, 0.5, 0.2]) {
    await stand.untilInboxBelow(rows * left)
    await killWorker(stand, chance.pick(stand.workers))
  }

  await stand.untilSettled()
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
}, 240_000)
