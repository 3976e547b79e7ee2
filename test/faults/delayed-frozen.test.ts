// SIGSTOP of a scheduler worker in the middle of its COMMIT, and of a scheduler, until others have taken over; then SIGCONT.
import { afterEach, expect, test } from '@jest/globals'
import { byCommit, CommitProxy } from './commit-proxy.js'
import { checkDelayed } from './delayed-check.js'
import { freezeWhileResuming } from './delayed-faults.js'
import { makeCarts } from './delayed-scenario.js'
import { DelayedStand } from './delayed-stand.js'

let delayed: DelayedStand | undefined
afterEach(() => delayed?.close())

test('frozen schedulers and scheduler workers hold nobody up for long, and change nothing when they wake up', async () => {
  delayed = await DelayedStand.start()
  const scenario = makeCarts({ seed: 6, carts: 1500 })
  await delayed.startDelayed({ proxy: (stand) => CommitProxy.start(stand.database.port, byCommit) })
  await delayed.fillCarts(scenario)
  const waiting = scenario.carts.filter(({ checkout }) => checkout === 'racing' || checkout === 'never')
  const part = Math.ceil(waiting.length / 3)

  const [worker] = await Promise.all([freezeWhileResuming(delayed), delayed.endTime(waiting.slice(0, part))])
  const [scheduler] = delayed.services('scheduler')
  scheduler?.freeze()
  await delayed.endTime(waiting.slice(part, 2 * part))
  // The others do it all, also the runs that the frozen worker had almost done.
  await delayed.untilNothingIsDue()
  await Promise.all([worker.thaw(), scheduler?.thaw(), delayed.endTime(waiting.slice(2 * part))])

  await delayed.untilDone()
  const findings = await checkDelayed(delayed.stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
  expect(delayed.failures).toEqual([])
}, 240_000)
