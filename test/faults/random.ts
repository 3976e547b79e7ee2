// Chance that can be repeated: the same seed gives the same scenario and the same faults.

export interface Random {
  /** 0 <= x < 1. */
  next(): number
  /** A whole number, 0 <= x < `below`. */
  whole(below: number): number
  pick<Item>(items: readonly Item[]): Item
  /** A new list in random order. */
  shuffle<Item>(items: readonly Item[]): Item[]
  /** `length` is a multiple of four. */
  bytes(length: number): Buffer
}

/** Mulberry32: 32 bits of state are plenty for tests. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (below: number): number => Math.floor(next() * below)
  return {
    next,
    whole,
    pick(items) {
      if (items.length === 0) throw new Error('There is nothing to pick from.')
      return items[whole(items.length)] as (typeof items)[number]
    },
    shuffle(items) {
      const list = [...items]
      for (let i = list.length - 1; i > 0; i--) {
        const j = whole(i + 1)
        const item = list[i] as (typeof list)[number]
        list[i] = list[j] as (typeof list)[number]
        list[j] = item
      }
      return list
    },
    bytes(length) {
      const bytes = Buffer.alloc(length)
      for (let i = 0; i + 4 <= length; i += 4) bytes.writeUInt32LE(whole(2 ** 32), i)
      return bytes
    },
  }
}
