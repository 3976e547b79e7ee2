import { describe, expect, it } from '@jest/globals'
import { reviveEvent, storeEvent } from './index.js'
import { EVENT, stored } from './testing/flow.js'

describe('storeEvent', () => {
  const event = { ...EVENT, receivedAt: new Date(5), source: undefined, properties: { at: new Date(9) as never } }

  it('gives plain JSON, from which the event comes back with its own times', () => {
    const kept = storeEvent(event)
    expect(stored(kept)).toEqual(kept)
    expect(kept).toMatchObject({ occurredAt: '1970-01-01T00:00:00.000Z', receivedAt: '1970-01-01T00:00:00.005Z' })
    expect(reviveEvent(kept)).toEqual({
      ...EVENT,
      receivedAt: new Date(5),
      properties: { at: '1970-01-01T00:00:00.009Z' },
    })
    expect(reviveEvent(event)).toEqual(event)
  })

  it('keeps of an event that cannot be written what it is', () => {
    let deep: unknown = null
    for (let level = 0; level < 20_000; level++) deep = { deep }
    expect(storeEvent({ ...EVENT, properties: { deep: deep as never } })).toEqual({
      id: 'e1',
      type: 'purchase',
      properties: {},
      occurredAt: '1970-01-01T00:00:00.000Z',
    })
  })
})
