import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode, type Surroundings } from '../testing/run-node.js'
import { numberOf, split } from './split.js'

const PEOPLE = Array.from({ length: 300 }, (_, index) => `person ${index}`)

function ways(weights: Record<string, number>, salt = 's'): (string | null | undefined)[] {
  const branches = Object.entries(weights).map(([name, weight]) => ({ name, weight }))
  return PEOPLE.map((profileId) => runNode(split, { branches, salt }, { profileId }).port)
}

describe('A/B split', () => {
  it('sends a person the same way each time', () => {
    expect(ways({ A: 1, B: 1 })).toEqual(ways({ A: 1, B: 1 }))
    expect(ways({ A: 50, B: 50 })).toEqual(ways({ A: 1, B: 1 }))
  })

  it('parts people otherwise with another salt', () => {
    const [one, other] = [ways({ A: 1, B: 1 }, 'x'), ways({ A: 1, B: 1 }, 'y')]
    const same = one.filter((way, index) => way === other[index])
    expect(same.length / PEOPLE.length).toBeGreaterThan(0.35)
    expect(same.length / PEOPLE.length).toBeLessThan(0.65)
  })

  it('moves only those whose number comes to lie in another branch when weights change', () => {
    const [before, after] = [ways({ A: 1, B: 1 }), ways({ A: 3, B: 1 })]
    expect(before.filter((way, index) => way === 'A' && after[index] !== 'A')).toEqual([])
    expect(before.filter((way, index) => way === 'B' && after[index] === 'A').length).toBeGreaterThan(30)
  })

  it('parts a hundred thousand by their weights', () => {
    const count = 100_000
    let below = 0
    for (let index = 0; index < count; index++) if (numberOf(`node:${index}`) < 0.25) below++
    // Six standard deviations.
    expect(Math.abs(below - 25_000)).toBeLessThan(830)
  })

  it('sends nobody to a branch without weight', () => {
    expect(new Set(ways({ A: 0, B: 1, C: 0 }))).toEqual(new Set(['B']))
  })

  it('goes by the event when it is about nobody', () => {
    const config = { branches: [{ name: 'A' }, { name: 'B' }] }
    const way = (id: string) => {
      const event = { id, type: 'x', properties: {}, occurredAt: new Date(0) }
      const nobody: Surroundings = { profileId: null, event }
      return runNode(split, config, nobody).port
    }
    expect(new Set(PEOPLE.map(way))).toEqual(new Set(['A', 'B']))
    expect(PEOPLE.map(way)).toEqual(PEOPLE.map(way))
    expect(runNode(split, config, { profileId: null, event: null }).port).toMatch(/A|B/)
  })

  it('refuses branches of one name, and no weight at all', () => {
    expect(problemsOf(split, { branches: [{ name: 'A' }, { name: ' A ' }] })).toMatchObject([
      { path: 'branches.1.name' },
    ])
    expect(problemsOf(split, { branches: [{ name: 'A', weight: 0 }] })).toMatchObject([{ path: 'branches' }])
    expect(problemsOf(split, { branches: [{ name: 'A' }, { name: 'B', weight: -1 }] })).toMatchObject([
      { path: 'branches.1.weight' },
    ])
  })
})
