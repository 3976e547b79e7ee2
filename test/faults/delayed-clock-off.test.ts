// Clocks of schedulers and their workers that are off by hours: only the database's clock decides what is due, and who holds what.
import { afterEach, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { checkDelayed } from './delayed-check.js'
import { CART_WORKFLOW, makeCarts } from './delayed-scenario.js'
import { DelayedStand } from './delayed-stand.js'

let delayed: DelayedStand | undefined
afterEach(() => delayed?.close())

const HOUR = 3_600_000

test('processes whose clocks are hours ahead or behind resume what is due, in time and not before', async () => {
  delayed = await DelayedStand.start()
  const scenario = makeCarts({ seed: 5, carts: 300 })
  await delayed.startDelayed({ clocksAhead: [3 * HOUR, -5 * HOUR] })
  await delayed.fillCarts(scenario)
  await delayed.endTime(scenario.carts.filter(({ checkout }) => checkout === 'racing' || checkout === 'never'))
  const began = performance.now()
  await delayed.untilDone()
  // Two hand-outs after one another, a second's wait between, on a busy machine.
  expect(performance.now() - began).toBeLessThan(30_000)
  const findings = await checkDelayed(delayed.stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])

  const rows = await delayed.stand.rows('SELECT steps FROM workflow_run WHERE workflow_id = ?', [
    toBytes(CART_WORKFLOW.id),
  ])
  for (const row of rows) {
    const steps = JSON.parse(row['steps']) as { nodeId: string; at: number; waits?: true }[]
    const [parked, woken] = steps.filter(({ nodeId }) => nodeId === 'thank' || nodeId === 'remind')
    // Both by the database's clock, to the millisecond.
    expect((woken?.at ?? 0) - (parked?.at ?? 0)).toBeGreaterThanOrEqual(1000)
    expect((woken?.at ?? 0) - (parked?.at ?? 0)).toBeLessThan(60_000)
  }
  expect(delayed.failures).toEqual([])
}, 240_000)
