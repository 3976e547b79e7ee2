import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { plainJson } from './json.js'

describe('plainJson', () => {
  it('shares what is plain JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value))
        expect(plainJson(plain)).toBe(plain)
      }),
    )
  })

  it('gives what writing and reading gives', () => {
    const values = [new Date(0), new Date(NaN), undefined, NaN, Infinity, -0, 1, 'a', true, null]
    const value = fc.anything({ values: [fc.constantFrom(...values)], maxDepth: 4, withDate: true })
    fc.assert(
      fc.property(value, (given) => {
        const plain = plainJson({ given })
        expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
      }),
    )
    expect(plainJson({ at: new Date(0), gone: undefined, list: [NaN, undefined, 1n] })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      list: [null, null, '1'],
    })
  })

  it('gives nothing for what is in a circle', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(plainJson(circle)).toBeUndefined()
  })
})
