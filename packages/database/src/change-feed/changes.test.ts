import { expect, test } from '@jest/globals'
import { toBytes } from '../identifier.js'
import { ChangesWriter, readChanges } from './changes.js'

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`
const known = (n: number): { id: string; bytes: Buffer } => ({ id: id(n), bytes: toBytes(id(n)) })

test('how each run stands, and whose waits changed, comes out as it went in', () => {
  const changes = new ChangesWriter()
  const version = changes.version(toBytes(id(1)), 3)
  const states = ['completed', 'waiting', 'failed', 'completed', 'cancelled', 'waiting'] as const
  states.forEach((state, index) =>
    changes.run(toBytes(id(10 + index)), version, index % 2 ? known(2) : undefined, state),
  )
  for (const workflow of [1, 5, 1]) changes.delayed(toBytes(id(workflow)))
  const read = readChanges(changes.finish() ?? Buffer.alloc(0))
  expect(read.runs).toEqual(
    states.map((state, index) => ({
      id: id(10 + index),
      workflowId: id(1),
      version: 3,
      state,
      profileId: index % 2 ? id(2) : null,
    })),
  )
  expect(read.waits).toEqual([id(1), id(5)])
})

test('rows that were written before runs could wait are read as they were meant', () => {
  const ids = toBytes(id(1)).toString('base64')
  const old = { versions: [[ids, 1]], runs: { ids, version: [0], people: [-1], failed: [0] } }
  const { runs, waits } = readChanges(Buffer.from(JSON.stringify(old)))
  expect(runs).toMatchObject([{ state: 'failed', profileId: null }])
  expect(waits).toEqual([])
})

test('nothing to tell is no row, and waits alone are one', () => {
  expect(new ChangesWriter().finish()).toBeUndefined()
  const changes = new ChangesWriter()
  changes.delayed(toBytes(id(1)))
  expect(readChanges(changes.finish() ?? Buffer.alloc(0))).toMatchObject({ runs: [], events: [], waits: [id(1)] })
})
