import { expect, it } from '@jest/globals'
import { GroupCommit } from './group-commit.js'

it('writes together what comes together, and what comes during a write with the next one', async () => {
  const batches: number[][] = []
  let finish = (): void => {}
  const commit = new GroupCommit<number, number>(async (items) => {
    batches.push(items)
    if (batches.length === 1) await new Promise<void>((resolve) => (finish = resolve))
    return items.map((item) => item * 10)
  })
  const first = [1, 2].map((item) => commit.submit(item))
  while (batches.length === 0) await new Promise(setImmediate)
  const second = [3, 4].map((item) => commit.submit(item))
  finish()
  expect(await Promise.all([...first, ...second])).toEqual([10, 20, 30, 40])
  await commit.idle()
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ])
})

it('keeps a batch below five hundred items and a megabyte', async () => {
  const sizes: number[] = []
  const commit = new GroupCommit<number, number>(
    async (items) => {
      sizes.push(items.length)
      return items
    },
    (weight) => weight,
  )
  await Promise.all([...Array<number>(1100).fill(1), 2_000_000, 600_000, 600_000].map((item) => commit.submit(item)))
  expect(sizes).toEqual([500, 500, 100, 1, 1, 1])
})

it('lets only the item fail that cannot be written', async () => {
  const commit = new GroupCommit<number, number>(async (items) => {
    if (items.includes(2)) throw new Error('two')
    return items.map((item) => (item === 3 ? new Error('three') : item))
  })
  const results = await Promise.allSettled([1, 2, 3, 4].map((item) => commit.submit(item)))
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message))).toEqual([
    1,
    'two',
    'three',
    4,
  ])
})
