// Pieces of SQL whose values are parameters: the only way this package writes SQL, so no text of a condition gets into a statement.

/** A piece of a statement with the parameters of its question marks, in order. */
export interface Sql {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

/** Texts go as the bytes of their UTF-8 unless they meet an indexed column: bytes compare exactly, whatever the connection's collation. */
export type Parameter = string | number | Buffer

const made = new WeakSet<Sql>()

function make(text: string, parameters: readonly Parameter[]): Sql {
  const piece: Sql = { text, parameters }
  made.add(piece)
  return piece
}

/** Joins written SQL with other pieces. Throws for anything that this file did not make: values go through `parameter`. */
export function sql(strings: TemplateStringsArray, ...pieces: readonly Sql[]): Sql {
  let text = strings[0] ?? ''
  const parameters: Parameter[] = []
  pieces.forEach((piece, index) => {
    if (!made.has(piece)) throw new TypeError('A value was about to be pasted into SQL; it has to be a parameter.')
    text += piece.text + (strings[index + 1] ?? '')
    parameters.push(...piece.parameters)
  })
  return make(text, parameters)
}

/** A value, as a question mark. */
export function parameter(value: Parameter): Sql {
  return make('?', [value])
}

/** A text as bytes. */
export function bytes(text: string): Sql {
  return parameter(Buffer.from(text, 'utf8'))
}

/** A number as a double: a plain 0.1 would be a decimal to the database, with other arithmetic. */
export function double(value: number): Sql {
  return sql`CAST(${parameter(value)} AS DOUBLE)`
}

const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/

/** A name of this package's own: a column, or an alias with its column. Throws for anything that is not plainly one. */
export function name(identifier: string): Sql {
  if (!NAME.test(identifier)) throw new TypeError('Only plain names of our own go into SQL.')
  return make(identifier, [])
}

/** Pieces with something between them. */
export function join(pieces: readonly Sql[], between: ', ' | ' AND ' | ' OR ' | ' ' | ' UNION ALL '): Sql {
  return make(
    pieces.map((piece) => piece.text).join(between),
    pieces.flatMap((piece) => piece.parameters),
  )
}
