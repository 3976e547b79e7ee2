// Cursors: the key tuple of a row as base64url JSON. Opaque to clients, checked against the list's own keys when they come back.
import { isId, toBytes } from '@segue/database'
import { BadCursor } from './errors.js'

/** How a key column's value travels: an id as UUID string, a time as milliseconds, text and numbers as they are. */
export type KeyKind = 'id' | 'time' | 'text' | 'number'

/** A key column's value as the code has it (ids as UUID strings). */
export type KeyValue = string | number | Date

/** The same as SQL takes it (ids as bytes). */
export type SqlValue = string | number | Date | Buffer

/** Longer is not one of ours: the longest key tuple is a name of 190 characters and an id. */
const LONGEST_CURSOR = 2000

/** The cursor of a row with these key values. */
export function encodeCursor(values: readonly KeyValue[]): string {
  return Buffer.from(JSON.stringify(values.map((value) => (value instanceof Date ? value.getTime() : value)))).toString(
    'base64url',
  )
}

/** The key values of a cursor, as SQL takes them. Throws BAD_CURSOR for anything that `encodeCursor` did not make for these kinds. */
export function decodeCursor(cursor: string, kinds: readonly KeyKind[], argument: string): SqlValue[] {
  const values = cursor.length <= LONGEST_CURSOR ? parse(cursor) : undefined
  if (!Array.isArray(values) || values.length !== kinds.length) throw BadCursor({}, [argument])
  return kinds.map((kind, index) => {
    const value: unknown = values[index]
    if (kind === 'id' && typeof value === 'string' && isId(value)) return toBytes(value)
    if (kind === 'time' && typeof value === 'number' && isTime(value)) return new Date(value)
    if (kind === 'text' && typeof value === 'string') return value
    if (kind === 'number' && typeof value === 'number') return value
    throw BadCursor({}, [argument])
  })
}

/** Within the years 1 to 9999, which the database can compare with. */
function isTime(milliseconds: number): boolean {
  return milliseconds >= Date.parse('0001-01-01') && milliseconds < Date.UTC(10_000, 0)
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
