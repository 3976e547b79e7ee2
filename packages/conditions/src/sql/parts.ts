// What the parts of a condition are in SQL: the kinds of their values, and where these lie.
import type { ASTNode } from '@marcbachmann/cel-js'
import type { TypeName } from '../values.js'
import type { Sql } from './fragment.js'

/** Kinds that SQL has expressions for: text in utf8mb4, doubles, 1 and 0, milliseconds. */
export type SqlKind = 'string' | 'number' | 'bool' | 'timestamp' | 'duration'

/** A value in a column, or made of columns, of one kind. `column` is a time's DATETIME(3): compared with written times as it is. */
interface TypedField {
  kind: SqlKind
  sql: Sql
  column?: Sql
}

/** A value inside of JSON. `at` is its document and path, where it is in one; `number` the column that holds it whenever it is a number. */
interface JsonField {
  json: Sql
  at?: { document: Sql; names: readonly string[] }
  number?: Sql | undefined
}

/** Where a value lies. */
export type Field = TypedField | JsonField

/** What the names of an expression mean in a statement. */
export interface Names {
  now: number
  /** The field of a path that begins with a top-level name; undefined when there is none. */
  field(path: readonly [string, ...string[]]): Field | undefined
  /** What a chain gives. */
  chain(node: ASTNode): Field | undefined
  /** Whether the profile is in a segment. */
  inSegment(node: ASTNode): Sql
  /** Notes that a part cannot be said in SQL. */
  refuse(node: ASTNode, message: string, hint?: string): void
}

/** What a function asks of its operands. */
export interface Parts {
  /** A part's value if it is of this kind, else NULL. */
  as(node: ASTNode, kind: SqlKind): Sql
  /** Its text as bytes, to compare. */
  bytesOf(node: ASTNode): Sql
  /** Its kind when it is not null; undefined when the data decides. */
  kindOf(node: ASTNode): TypeName | undefined
  /** Where it lies, when it is a field. */
  field(node: ASTNode): Field | undefined
  /** How many elements list.filter(x, …) has; undefined for all else. */
  countOfFilter(node: ASTNode): Sql | undefined
  /** NULL, and a note that the part cannot be said. */
  refuse(node: ASTNode, message: string, hint?: string): Sql
}
