// kill -9 of the database while event workers write, at any moment and in the middle of a COMMIT: what was committed stays, the rest is done again.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { byCommit, CommitProxy } from './commit-proxy.js'
import { killDatabase, killDatabaseDuringCommit } from './faults.js'
import { fillInbox } from './feed.js'
import { random } from './random.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
let proxy: CommitProxy | undefined
afterEach(async () => {
  await stand?.close()
  await proxy?.close()
})

test('a database killed at any moment, also during COMMIT, loses, doubles and changes nothing', async () => {
  stand = await Stand.start()
  proxy = await CommitProxy.start(stand.database.port, byCommit)
  const chance = random(12)
  const scenario = makeScenario({ seed: 2, events: 9000, traits: true })
  await stand.startWorkers(3, proxy)
  const rows = await fillInbox(stand.pool, scenario)

  for (const left of [0.8, 0.6, 0.4]) {
    await stand.untilInboxBelow(rows * left)
    await killDatabaseDuringCommit(stand, proxy, chance)
  }
  await stand.untilInboxBelow(rows * 0.2)
  await killDatabase(stand)

  await stand.untilSettled()
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
}, 240_000)
