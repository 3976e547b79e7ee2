// Refuses JSON Schemas that could make a check slow or reach outside: people write them, strangers' events meet them.
import type { JsonObject, JsonValue } from './json.js'

/** A schema as text; larger ones are generated, and would be loaded by every process. */
const MAX_CHARACTERS = 64 * 1024
/** Subschemas once every `$ref` is written out: bounds what one event can cost, and forbids recursion. */
const MAX_SUBSCHEMAS = 2000
/** Longer patterns are no longer read by anybody; matching takes linear time whatever they say. */
const MAX_PATTERN = 512
/** `uniqueItems` compares all pairs: half a million comparisons of small values are a few milliseconds. */
const MAX_UNIQUE_ITEMS = 1000

/** What is wrong with a schema, as a sentence; null when it may be compiled. */
export function refusedSchema(schema: JsonObject): string | null {
  if (JSON.stringify(schema).length > MAX_CHARACTERS) return `The schema is longer than ${MAX_CHARACTERS} characters.`
  const sizes = new Map<JsonValue, number>()
  try {
    const size = expandedSize(schema, schema, sizes, [])
    return size > MAX_SUBSCHEMAS ? `The schema has more than ${MAX_SUBSCHEMAS} parts with all $ref written out.` : null
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

class Refused extends Error {}

/** Counts objects below `node`, following `$ref`s; remembers what it counted, so shared parts cost nothing twice. */
function expandedSize(root: JsonObject, node: JsonValue, sizes: Map<JsonValue, number>, above: JsonValue[]): number {
  if (typeof node !== 'object' || node === null) return 0
  const known = sizes.get(node)
  if (known !== undefined) return known
  if (above.includes(node)) throw new Refused('The schema refers to itself; recursion is not supported.')
  if (above.length > 64) throw new Refused('The schema is nested deeper than 64 levels.')
  const path = [...above, node]
  let size = 1
  if (Array.isArray(node)) {
    for (const item of node) size += expandedSize(root, item, sizes, path)
  } else {
    refuseKeywords(node)
    for (const value of Object.values(node)) size += expandedSize(root, value, sizes, path)
    if (typeof node['$ref'] === 'string') size += expandedSize(root, target(root, node['$ref']), sizes, path)
  }
  sizes.set(node, size)
  return size
}

function refuseKeywords(node: JsonObject): void {
  for (const keyword of ['$dynamicRef', '$recursiveRef', '$async'])
    if (keyword in node) throw new Refused(`${keyword} is not supported.`)
  const patterns = [
    node['pattern'],
    ...(isObject(node['patternProperties']) ? Object.keys(node['patternProperties']) : []),
  ]
  for (const pattern of patterns)
    if (typeof pattern === 'string' && pattern.length > MAX_PATTERN)
      throw new Refused(`A pattern is longer than ${MAX_PATTERN} characters.`)
  if (node['uniqueItems'] === true) {
    const most = node['maxItems']
    if (typeof most !== 'number' || most > MAX_UNIQUE_ITEMS)
      throw new Refused(`uniqueItems needs maxItems of at most ${MAX_UNIQUE_ITEMS} beside it.`)
  }
}

/** Resolves a `$ref` within the schema: `#` and `#/definitions/name` (RFC 6901 pointers). Anything else would be fetched: refused. */
function target(root: JsonObject, ref: string): JsonValue {
  if (ref !== '#' && !ref.startsWith('#/'))
    throw new Refused(`$ref may only point into the schema (#/…), not to ${ref}.`)
  let found: JsonValue | undefined = root
  for (const part of ref.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    found = Array.isArray(found) ? found[Number(key)] : isObject(found) ? found[key] : undefined
  }
  if (found === undefined) throw new Refused(`$ref points to nothing: ${ref}.`)
  return found
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
