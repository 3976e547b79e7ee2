// kill -9 of schedulers and scheduler workers while runs come due and events race their timeouts: every run goes on once, with one outcome.
import { afterEach, expect, test } from '@jest/globals'
import { checkDelayed } from './delayed-check.js'
import { makeCarts } from './delayed-scenario.js'
import { DelayedStand } from './delayed-stand.js'
import { random } from './random.js'

let delayed: DelayedStand | undefined
afterEach(() => delayed?.close())

test('schedulers and scheduler workers killed while 2,000 runs come due lose, double and change nothing', async () => {
  delayed = await DelayedStand.start()
  const chance = random(21)
  const scenario = makeCarts({ seed: 4, carts: 2000 })
  await delayed.startDelayed()
  await delayed.fillCarts(scenario)

  const waiting = scenario.carts.filter(({ checkout }) => checkout === 'racing' || checkout === 'never')
  const faults = 6
  const part = Math.ceil(waiting.length / faults)
  for (let i = 0; i < faults; i++) {
    const kind = i % 3 === 0 ? 'scheduler' : 'scheduler-worker'
    await Promise.all([
      chance.pick(delayed.services(kind)).kill9(),
      delayed.endTime(waiting.slice(i * part, (i + 1) * part)),
    ])
  }

  await delayed.untilDone()
  const findings = await checkDelayed(delayed.stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
  expect(delayed.failures).toEqual([])
}, 240_000)
