// JSON values as types: what passes between collector, inbox and workers.

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue
}

/** An escaped character of a JSON text: first of all a surrogate with its other half, then one without. */
const ESCAPED = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g

/**
 * JSON text without halves of surrogate pairs, which become U+FFFD. Clients and workflows make them by cutting text inside a character; no database
 * takes JSON that holds one.
 */
export function wellFormedJson(json: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return json
  return json.replace(ESCAPED, (escaped) => (escaped.length === 6 ? '\\ufffd' : escaped))
}
