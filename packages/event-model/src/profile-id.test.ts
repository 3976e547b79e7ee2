// Profile ids: recognized without remembering them, and not to be guessed.
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { profileIds } from './index.js'

const key = randomBytes(32)
const ids = profileIds(key)

describe('profile ids', () => {
  test('are UUIDs of version 8 that sort by time', () => {
    const minted = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map((now) => ids.mint(now))
    for (const id of minted) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(minted.toSorted()).toEqual(minted)
    expect(new Set(Array.from({ length: 5000 }, () => ids.mint(1))).size).toBe(5000)
  })

  test('are recognized by whoever has the key, in any case of letters, also the second time', () => {
    const id = ids.mint()
    const other = profileIds(Buffer.from(key))
    for (const known of [ids, other, other])
      expect([known.isMinted(id), known.isMinted(id.toUpperCase())]).toEqual([true, true])
    expect(profileIds(randomBytes(32)).isMinted(id)).toBe(false)
  })

  test('are not recognized once any digit differs', () => {
    const id = ids.mint()
    for (let at = 0; at < id.length; at++) {
      if (id[at] === '-') continue
      const changed = id.slice(0, at) + (id[at] === 'a' ? 'b' : 'a') + id.slice(at + 1)
      if (changed !== id) expect(ids.isMinted(changed)).toBe(false)
    }
    for (const foreign of [randomUUID(), '', 'null', `${id}0`, id.replaceAll('-', '')])
      expect(ids.isMinted(foreign)).toBe(false)
  })

  test('need a key of 32 bytes', () => {
    expect(() => profileIds(randomBytes(31))).toThrow('at least 32 bytes')
  })
})
