// Multi-row inserts through prepared statements: half the work of statements in text for both sides (measured), so the batch's way to the tables.
import type { Connection, ResultSetHeader } from 'mysql2/promise'

/** What the drivers send as one parameter. */
export type Cell = Buffer | string | number | boolean | Date | null

/**
 * Rows a prepared statement. Each size is prepared once a connection and table; what is left after the larger sizes goes as text, since preparing
 * all sizes would fill the server's memory and a lonely event is not worth a preparation.
 */
const SIZES = [512, 256, 128, 64, 32]

/**
 * Characters and bytes of values a statement. Servers accept 16 MiB (MariaDB) by default and hang up on more, which looks like any lost connection; as text
 * a character takes up to three bytes.
 */
const CHARACTERS = 4 * 1024 * 1024

/** A statement cut around its rows: `INSERT INTO t (a, b) VALUES` and what follows them. */
export interface InsertStatement {
  into: string
  columns: readonly string[]
  /** `ON DUPLICATE KEY UPDATE …` */
  then?: string
  ignore?: true
}

/** Inserts rows in their order; returns the affected rows. */
export async function insertRows(tx: Connection, statement: InsertStatement, rows: Cell[][]): Promise<number> {
  let affected = 0
  for (const group of groups(rows)) affected += await insertGroup(tx, statement, group)
  return affected
}

/** Rows in groups that a statement can hold. */
function* groups(rows: Cell[][]): Iterable<Cell[][]> {
  let begin = 0
  let characters = 0
  for (const [i, row] of rows.entries()) {
    let size = 0
    for (const cell of row) if (typeof cell === 'string' || Buffer.isBuffer(cell)) size += cell.length
    if (i > begin && characters + size > CHARACTERS) {
      yield rows.slice(begin, i)
      begin = i
      characters = 0
    }
    characters += size
  }
  yield begin === 0 ? rows : rows.slice(begin)
}

async function insertGroup(tx: Connection, statement: InsertStatement, rows: Cell[][]): Promise<number> {
  let affected = 0
  let done = 0
  for (const size of SIZES) {
    while (rows.length - done >= size) {
      const [result] = await tx.execute<ResultSetHeader>(textOf(statement, size), cells(rows, done, size))
      affected += result.affectedRows
      done += size
    }
  }
  if (done < rows.length) {
    const [result] = await tx.query<ResultSetHeader>(`${head(statement)} ? ${statement.then ?? ''}`, [rows.slice(done)])
    affected += result.affectedRows
  }
  return affected
}

function cells(rows: Cell[][], from: number, count: number): Cell[] {
  const flat: Cell[] = []
  for (let i = from; i < from + count; i++) for (const cell of rows[i] ?? []) flat.push(cell)
  return flat
}

const texts = new WeakMap<InsertStatement, Map<number, string>>()

function textOf(statement: InsertStatement, size: number): string {
  let bySize = texts.get(statement)
  if (!bySize) texts.set(statement, (bySize = new Map()))
  let text = bySize.get(size)
  if (text === undefined) {
    const row = `(${statement.columns.map(() => '?').join(', ')})`
    text = `${head(statement)} ${Array.from({ length: size }, () => row).join(', ')} ${statement.then ?? ''}`
    bySize.set(size, text)
  }
  return text
}

function head({ into, columns, ignore }: InsertStatement): string {
  return `INSERT ${ignore ? 'IGNORE ' : ''}INTO ${into} (${columns.join(', ')}) VALUES`
}
