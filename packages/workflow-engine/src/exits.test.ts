import { describe, expect, it } from '@jest/globals'
import { checkExits, park, startRun } from './index.js'
import { EVENT, flow, pass, surroundings } from './testing/flow.js'

const exits = [
  {
    name: 'bought',
    condition: 'arrived.type == "checkout" && arrived.properties.cart == event.properties.cart',
    goal: true,
  },
  { name: 'left', condition: 'profile.consents.email == false || input.stop == true' },
]
const waits = { waits: true as const, run: () => park({ until: null, awaits: { kind: 'time' } }) }
const event = { ...EVENT, properties: { cart: 7 } }

function exit(document = {}, arrived: number | null = null, input = {}) {
  const workflow = flow({ start: pass, waits }, [['start', 'next', 'waits']], { exits })
  const { context } = surroundings({ document, event })
  const { run } = startRun(workflow, { input, depth: 0 }, context)
  const checkout = { ...EVENT, type: 'checkout', properties: { cart: arrived } }
  return checkExits(workflow, run, { ...context, arrived: arrived === null ? null : checkout })
}

describe('checkExits', () => {
  it('names the first exit whose condition holds, and whether it is a goal', () => {
    expect(exit({ consents: { email: false } })).toEqual({ name: 'left', goal: false })
    expect(exit({ consents: { email: false } }, 7)).toEqual({ name: 'bought', goal: true })
    expect(exit({}, null, { stop: true })).toEqual({ name: 'left', goal: false })
  })

  it('lets the run go on when none holds', () => {
    expect(exit()).toBeNull()
    expect(exit({ consents: { email: true } }, 8)).toBeNull()
  })
})
