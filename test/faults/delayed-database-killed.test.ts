// kill -9 of the database while runs are resumed, at any moment and in the middle of a COMMIT: what was committed stays, the rest is done again.
import { afterEach, expect, test } from '@jest/globals'
import { byCommit, CommitProxy } from './commit-proxy.js'
import { checkDelayed } from './delayed-check.js'
import { makeCarts } from './delayed-scenario.js'
import { DelayedStand } from './delayed-stand.js'
import { killDatabase, killDatabaseDuringCommit } from './faults.js'
import { random } from './random.js'

let delayed: DelayedStand | undefined
afterEach(() => delayed?.close())

test('a database killed while 2,000 runs come due loses, doubles and changes nothing', async () => {
  delayed = await DelayedStand.start()
  const { stand } = delayed
  const chance = random(22)
  const scenario = makeCarts({ seed: 7, carts: 2000 })
  await delayed.startDelayed({ proxy: () => CommitProxy.start(stand.database.port, byCommit) })
  await delayed.fillCarts(scenario)

  const waiting = scenario.carts.filter(({ checkout }) => checkout === 'racing' || checkout === 'never')
  const part = Math.ceil(waiting.length / 4)
  for (let i = 0; i < 4; i++) {
    const { proxy } = delayed
    await Promise.all([
      i < 3 && proxy ? killDatabaseDuringCommit(stand, proxy, chance) : killDatabase(stand),
      delayed.endTime(waiting.slice(i * part, (i + 1) * part)),
    ])
  }

  await delayed.untilDone()
  const findings = await checkDelayed(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
  expect(delayed.failures).toEqual([])
}, 240_000)
