// Checking properties against schemas, and refusing schemas that would be dangerous.
import { describe, expect, test } from '@jest/globals'
import { compileSchemas, type EventSchema, type JsonObject } from './index.js'

function schema(schema: JsonObject, rest: Partial<EventSchema> = {}): EventSchema {
  return { eventTypeId: 'sale', sourceId: null, onInvalid: 'flag', schema, ...rest }
}

const PRICE: JsonObject = {
  type: 'object',
  required: ['price'],
  properties: { price: { type: 'number', minimum: 0 }, tags: { type: 'array', items: { type: 'string' } } },
}

describe('checking properties', () => {
  test('a type without schema is valid', () => {
    expect(compileSchemas([]).check('sale', 'shop', { price: -1 }).valid).toBe(true)
    expect(compileSchemas([schema(PRICE)]).check('other', 'shop', { price: -1 }).valid).toBe(true)
  })

  test('a problem says where it is and what is wrong', () => {
    const schemas = compileSchemas([schema(PRICE)])
    expect(schemas.check('sale', 'shop', { price: 2 })).toEqual({ valid: true, onInvalid: 'flag', problems: [] })
    expect(schemas.check('sale', 'shop', {}).problems).toEqual([{ path: 'properties.price', message: 'is missing' }])
    expect(schemas.check('sale', 'shop', { price: 1, tags: ['a', 2] }).problems).toEqual([
      { path: 'properties.tags.1', message: 'must be string' },
    ])
  })

  test('the schema for every source and the own one of a source both count, the stricter answer wins', () => {
    const schemas = compileSchemas([
      schema(PRICE, { onInvalid: 'refuse' }),
      schema({ required: ['currency'] }, { sourceId: 'shop' }),
    ])
    expect(schemas.check('sale', 'shop', { price: 1 })).toMatchObject({ valid: false, onInvalid: 'flag' })
    expect(schemas.check('sale', 'other', { price: 1 }).valid).toBe(true)
    const both = schemas.check('sale', 'shop', { price: -1 })
    expect(both.onInvalid).toBe('refuse')
    expect(both.problems.map(({ path }) => path)).toEqual(['properties.price', 'properties.currency'])
  })

  test('only changed schemas are compiled again', () => {
    const first = compileSchemas([schema(PRICE)])
    const again = compileSchemas([schema(PRICE, { onInvalid: 'refuse' })], first)
    expect(again.check('sale', 'shop', {}).onInvalid).toBe('refuse')
    const changed = compileSchemas([schema({})], again)
    expect(changed.check('sale', 'shop', {}).valid).toBe(true)
  })

  test('formats, drafts and references within a schema work', () => {
    const schemas = compileSchemas([
      schema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $defs: { mail: { type: 'string', format: 'email' } },
        properties: { mail: { $ref: '#/$defs/mail' }, point: { prefixItems: [{ type: 'number' }] } },
      }),
    ])
    expect(schemas.broken).toEqual([])
    expect(schemas.check('sale', 'shop', { mail: 'ada@example.com' }).valid).toBe(true)
    expect(schemas.check('sale', 'shop', { mail: 'ada' }).valid).toBe(false)
    expect(schemas.check('sale', 'shop', { point: ['x'] }).valid).toBe(false)
  })
})

describe('dangerous and broken schemas', () => {
  const reason = (bad: JsonObject): string | undefined => {
    const schemas = compileSchemas([schema(bad)])
    // Whatever is wrong, the events pass.
    expect(schemas.check('sale', 'shop', { price: -1 }).valid).toBe(true)
    return schemas.broken[0]?.reason
  }

  test('are reported and not used', () => {
    expect(reason({ type: 'nonsense' })).toMatch(/schema is invalid/)
    expect(reason({ properties: { a: { $ref: 'https://example.com/x.json' } } })).toMatch(/may only point into/)
    expect(reason({ properties: { a: { $ref: '#/definitions/none' } } })).toMatch(/points to nothing/)
    expect(reason({ properties: { a: { $ref: '#' } } })).toMatch(/recursion/)
    expect(reason({ description: 'x'.repeat(70_000) })).toMatch(/longer than/)
    expect(reason({ properties: { a: { pattern: 'x'.repeat(600) } } })).toMatch(/pattern is longer/)
    expect(reason({ properties: { a: { pattern: '(' } } })).toBeDefined()
    expect(reason({ properties: { a: { uniqueItems: true } } })).toMatch(/maxItems/)
    expect(reason({ $async: true })).toMatch(/not supported/)
  })

  test('that multiply by references are refused before they run', () => {
    const definitions: JsonObject = { a0: { type: 'number' } }
    for (let i = 1; i <= 30; i++)
      definitions[`a${i}`] = { allOf: [{ $ref: `#/definitions/a${i - 1}` }, { $ref: `#/definitions/a${i - 1}` }] }
    expect(reason({ definitions, properties: { price: { $ref: '#/definitions/a30' } } })).toMatch(
      /more than 2000 parts/,
    )
  })

  test('a pattern that would backtrack for ages answers at once', () => {
    const schemas = compileSchemas([schema({ properties: { text: { pattern: '^(a+)+$' } } })])
    expect(schemas.broken).toEqual([])
    const started = performance.now()
    expect(schemas.check('sale', 'shop', { text: `${'a'.repeat(5000)}!` }).valid).toBe(false)
    expect(performance.now() - started).toBeLessThan(500)
  })
})
