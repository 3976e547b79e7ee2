// An inbox 200,000 rows deep after a long outage: the workers catch up, also when one of them dies on the way.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { killWorker } from './faults.js'
import { fillInbox } from './feed.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
afterEach(() => stand?.close())

test('an inbox of 200,000 rows is worked off completely, and each event counts once', async () => {
  stand = await Stand.start()
  // Nobody heard an answer, so clients have sent everything again and again.
  const scenario = makeScenario({ seed: 6, events: 10_000, traits: true, sendings: 20 })
  const rows = await fillInbox(stand.pool, scenario)
  expect(rows).toBeGreaterThan(200_000)
  await stand.startWorkers(3)
  const [worker] = stand.workers

  await stand.untilInboxBelow(rows / 2, 200)
  if (worker) await killWorker(stand, worker)

  await stand.untilSettled(200)
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
}, 400_000)
