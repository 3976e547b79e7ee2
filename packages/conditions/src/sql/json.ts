// Reading a JSON value as one kind, NULL when it is of another: MySQL and MariaDB would otherwise turn texts, numbers and booleans into each other.
import { bytes, parameter, sql, type Sql } from './fragment.js'

/** A field or element of a JSON value. `names` are keys; MySQL and MariaDB read a quoted key as JSON text. */
export function extract(json: Sql, names: readonly string[]): Sql {
  if (names.length === 0) return json
  return sql`JSON_EXTRACT(${json}, ${path(names)})`
}

/** A field of a document in a column, which itself is never null. */
export function documentField(
  document: Sql,
  names: readonly string[],
): { json: Sql; at: { document: Sql; names: readonly string[] } } {
  return { json: extract(document, names), at: { document, names } }
}

/** An element of a list. Both databases take a value that is no list for a list of one, so that is asked first. */
export function element(json: Sql, index: number): Sql {
  return sql`CASE WHEN JSON_TYPE(${json}) = 'ARRAY' THEN JSON_EXTRACT(${json}, ${parameter(`$[${index}]`)}) END`
}

export function jsonPresent(json: Sql): Sql {
  return sql`(JSON_TYPE(${json}) <> 'NULL')`
}

/** MySQL says UNSIGNED INTEGER and DECIMAL where MariaDB says INTEGER and DOUBLE. */
export function jsonNumber(json: Sql): Sql {
  return sql`(CASE WHEN JSON_TYPE(${json}) IN ('INTEGER', 'DOUBLE', 'UNSIGNED INTEGER', 'DECIMAL') THEN CAST(${json} AS DOUBLE) END)`
}

/** Text in utf8mb4. */
export function jsonText(json: Sql): Sql {
  return sql`(CASE WHEN JSON_TYPE(${json}) = 'STRING' THEN CONVERT(JSON_UNQUOTE(${json}) USING utf8mb4) END)`
}

/** 1, 0 or NULL. */
export function jsonBool(json: Sql): Sql {
  return sql`(CASE WHEN JSON_TYPE(${json}) = 'BOOLEAN' THEN JSON_UNQUOTE(${json}) = 'true' END)`
}

/** Whether it is this text. The value is looked at first: rows that differ, which are most, are read once. */
export function jsonIsText(json: Sql, options: readonly Sql[]): Sql {
  const [only, ...others] = options
  const text = sql`CAST(JSON_UNQUOTE(${json}) AS BINARY)`
  const same = only && others.length === 0 ? sql`${text} = ${only}` : sql`${text} IN (${list(options)})`
  return sql`(${same} AND JSON_TYPE(${json}) = 'STRING')`
}

function list(options: readonly Sql[]): Sql {
  return options.slice(1).reduce((all, one) => sql`${all}, ${one}`, options[0] ?? sql`NULL`)
}

/** Texts that JSON writes in one way only: MariaDB takes "é" and its escape for two. */
const PLAIN = /^[ !#-[\]-~]*$/

/**
 * As `jsonIsText` of one field of a document and one written text. JSON_CONTAINS looks at the document once and makes nothing of what it
 * finds, half the time; it also finds elements of lists, so the kind is asked of those that it finds.
 */
export function fieldIsText(document: Sql, names: readonly string[], text: string): Sql {
  const json = extract(document, names)
  if (!PLAIN.test(text)) return jsonIsText(json, [bytes(text)])
  return sql`(JSON_CONTAINS(${document}, ${parameter(`"${text}"`)}, ${path(names)}) AND JSON_TYPE(${json}) = 'STRING')`
}

function path(names: readonly string[]): Sql {
  return parameter(`$${names.map((key) => `.${JSON.stringify(key)}`).join('')}`)
}

/** Text as bytes: compared exactly, by code point, with spaces at the end counting; utf8mb4_bin would ignore them. */
export function binary(text: Sql): Sql {
  return sql`CAST(${text} AS BINARY)`
}

/** The milliseconds since 1970 of a DATETIME(3), free of the session's time zone. */
export function milliseconds(datetime: Sql): Sql {
  return sql`(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${datetime}) DIV 1000 + 0e0)`
}

/** A time as a DATETIME(3) column compares with it. */
export function datetime(ms: number): Sql {
  return parameter(new Date(ms).toISOString().slice(0, 23).replace('T', ' '))
}
