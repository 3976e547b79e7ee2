import { expect, test } from '@jest/globals'
import { personalDataFor } from './personal-data.js'
import { MASK } from './personal-mask.js'

const VIEWER = { id: 'v', role: 'viewer', sessionId: 's', personalData: false, expiresAt: 0 } as const

test('what is wrong with an event tells nobody, neither in its message nor by the keys of its path', async () => {
  const personal = await personalDataFor(VIEWER, async () => [])
  const problem = { code: 'NO_NUMBER', message: 'ada@b.example is no number', path: 'properties.people.ada@b.example' }
  const plain = { code: 'NO_NUMBER', message: 'must be number', path: 'properties.order.price' }
  const event = { properties: {}, data: {}, context: {}, tags: [], problems: [problem, plain] }
  expect(personal.event(event, null).problems).toEqual([
    { code: 'NO_NUMBER', message: `${MASK} is no number`, path: MASK },
    plain,
  ])
})
