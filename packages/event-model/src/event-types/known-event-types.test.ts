// The known event types are data: these tests hold the data to the rules its interpreter relies on.
import { describe, expect, test } from '@jest/globals'
import { BUILT_IN_IDENTITY_KINDS, KNOWN_EVENT_TYPES, type EventType, type JsonValue } from '../index.js'

const SOURCE_PATH = /^(properties|data)(\.[a-z0-9_]+)+$/i

function byId(id: string): EventType {
  const found = KNOWN_EVENT_TYPES.find((type) => type.id === id)
  if (!found) throw new Error(`no type ${id}`)
  return found
}

/** Reads a dotted path, as the pipeline does. */
function read(event: { properties: JsonValue; data: JsonValue }, path: string): JsonValue | undefined {
  return path
    .split('.')
    .reduce<JsonValue | undefined>(
      (value, key) => (typeof value === 'object' && value ? (value as Record<string, JsonValue>)[key] : undefined),
      event as unknown as JsonValue,
    )
}

describe('the known event types', () => {
  test('are 65 of the list we started from and six of ours, each once', () => {
    const ids = KNOWN_EVENT_TYPES.map((type) => type.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(KNOWN_EVENT_TYPES.filter((type) => !['retail', 'segment'].includes(type.group))).toHaveLength(65)
    expect(KNOWN_EVENT_TYPES.filter((type) => ['retail', 'segment'].includes(type.group))).toHaveLength(6)
  })

  test('fit the columns they are kept in', () => {
    for (const type of KNOWN_EVENT_TYPES) {
      expect(type.id).toMatch(/^[a-z][a-z-]{2,127}$/)
      expect(type.name.length).toBeLessThanOrEqual(160)
      expect(type.description.length).toBeGreaterThan(5)
      expect(type.description.length).toBeLessThanOrEqual(1000)
    }
  })

  test('copy only from properties and documents of the event, into its documents and the profile', () => {
    for (const type of KNOWN_EVENT_TYPES) {
      for (const mapping of type.eventMappings) {
        expect(mapping.to).toMatch(/^data(\.[a-z0-9_]+)+$/)
        expect((mapping.from === undefined) !== (mapping.value === undefined)).toBe(true)
        if (mapping.from !== undefined) expect(mapping.from).toMatch(SOURCE_PATH)
      }
      for (const mapping of type.profileMappings) {
        expect(mapping.to).toMatch(/^(data(\.[a-z0-9_]+)+|consents|interests\.\{properties\.interest\})$/)
        if (mapping.from !== undefined) expect(mapping.from).toMatch(SOURCE_PATH)
        const sources = [mapping.from, mapping.value].filter((source) => source !== undefined)
        expect(sources).toHaveLength(mapping.operation === 'delete' ? 0 : 1)
      }
      for (const path of Object.values(type.slots)) expect(path).toMatch(SOURCE_PATH)
    }
  })

  test('read documents on the way to the profile only where an event mapping has filled them', () => {
    for (const type of KNOWN_EVENT_TYPES) {
      const filled = new Set(type.eventMappings.map((mapping) => mapping.to))
      const read = type.profileMappings.flatMap(({ from }) => (from?.startsWith('data.') ? [from] : []))
      expect(read.filter((path) => !filled.has(path))).toEqual([])
    }
  })

  test('read properties that their own sample has, so that no mapping points nowhere', () => {
    // The status of a checkout or an order, the name of a page and a product's or order's second id are optional.
    const optional = /^properties\.(status|currency|name|id|products)$/
    for (const type of KNOWN_EVENT_TYPES) {
      const event = { properties: type.sample, data: {} }
      const paths = [...type.eventMappings, ...type.profileMappings, ...type.identities]
        .flatMap(({ from }) => (from?.startsWith('properties.') ? [from] : []))
        .concat(Object.values(type.slots))
      const missing = paths.filter((path) => read(event, path) === undefined && !optional.test(path))
      expect([type.id, missing]).toEqual([type.id, []])
    }
  })

  test('identify by kinds that every database has', () => {
    const kinds = BUILT_IN_IDENTITY_KINDS.map(({ kind }) => kind)
    for (const type of KNOWN_EVENT_TYPES)
      for (const { kind, from } of type.identities) {
        expect(kinds).toContain(kind)
        expect(from).not.toContain('phone.business')
      }
    expect(byId('sign-in').identities).toContainEqual({ kind: 'customer', from: 'properties.pk' })
    expect(byId('profile-update').identities).toContainEqual({ kind: 'email', from: 'properties.contact.email.main' })
  })

  test('put right what the list got wrong', () => {
    const from = (id: string, to: string) => byId(id).eventMappings.findLast((mapping) => mapping.to === to)?.from
    expect(from('order-status-change', 'data.ec.order.status')).toBe('properties.status')
    expect(from('delivery-info-entered', 'data.ec.order.id')).toBe('properties.order_id')
    expect(from('location', 'data.device.geo.latitude')).toBe('properties.location.1')
    expect(from('identification', 'data.pii.firstname')).toBe('properties.firstname')
    expect(byId('add-channel-preference').profileMappings).toEqual([
      { to: 'data.preferences.channels', from: 'properties.channel', operation: 'append' },
    ])
  })

  test('take a status of their own unless the event states another', () => {
    const status = byId('order-dispatched').eventMappings.filter(({ to }) => to === 'data.ec.order.status')
    expect(status).toEqual([
      { to: 'data.ec.order.status', value: 'dispatched' },
      { to: 'data.ec.order.status', from: 'properties.status' },
    ])
  })

  test('keep the revenue, quantity, currency and product of a purchase in slots', () => {
    expect(byId('product-purchase').slots).toMatchObject({
      number_1: 'properties.value',
      number_2: 'properties.quantity',
      text_1: 'properties.currency',
      text_2: 'properties.sku',
    })
    expect(byId('order-placed').slots.number_1).toBe('properties.value')
  })
})
