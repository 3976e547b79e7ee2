// The network cuts connections right after a COMMIT was sent: the worker cannot know whether it happened, and must find out.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { byCommit, CommitProxy } from './commit-proxy.js'
import { fillInbox } from './feed.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
let proxy: CommitProxy | undefined
afterEach(async () => {
  await stand?.close()
  await proxy?.close()
})

test('commits whose answer never arrives are neither repeated nor forgotten', async () => {
  stand = await Stand.start()
  proxy = await CommitProxy.start(stand.database.port, byCommit)
  const scenario = makeScenario({ seed: 4, events: 9000, traits: true })
  await stand.startWorkers(3, proxy)
  const rows = await fillInbox(stand.pool, scenario)

  for (const left of [0.9, 0.75, 0.6, 0.45, 0.3, 0.15]) {
    await stand.untilInboxBelow(rows * left)
    proxy.cutAfter(3)
  }

  await stand.untilSettled()
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
  expect(proxy.cuts).toBeGreaterThanOrEqual(6)
}, 240_000)
