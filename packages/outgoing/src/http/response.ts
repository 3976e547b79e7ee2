// An answer as it is kept and handed to the run: small, storable, without what is nobody's business.
import type { JsonObject, JsonValue } from '../transport.js'

/** More of a body is not read. */
const MOST_BODY_BYTES = 64 * 1024
const MOST_HEADERS = 40
const MOST_HEADER_CHARACTERS = 1000
/** MariaDB takes JSON of 32 levels; the answer is stored some levels deep. */
const MOST_LEVELS = 20

/** Credentials that were meant for a browser. */
const LEFT_OUT = new Set(['set-cookie', 'set-cookie2'])

/** Reads at most `MOST_BODY_BYTES`; of a longer body nothing more is fetched. */
export async function readBody(body: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; cut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    // Leaving the loop ends the stream.
    if (length > MOST_BODY_BYTES) break
  }
  return { bytes: Buffer.concat(chunks).subarray(0, MOST_BODY_BYTES), cut: length > MOST_BODY_BYTES }
}

/** `body`: what the JSON says, or the text; `bodyCut` when there was more of it. */
export function responseOf(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  { bytes, cut }: { bytes: Buffer; cut: boolean },
): JsonObject {
  const response: JsonObject = { status, headers: headersOf(headers), body: bodyOf(headers, bytes, cut) }
  if (cut) response['bodyCut'] = `Only the first ${MOST_BODY_BYTES} bytes were read.`
  return response
}

function headersOf(headers: Record<string, string | string[] | undefined>): JsonObject {
  const kept = Object.entries(headers)
    .filter(([name]) => !LEFT_OUT.has(name))
    .slice(0, MOST_HEADERS)
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value ?? '').slice(0, MOST_HEADER_CHARACTERS)]))
}

function bodyOf(headers: Record<string, string | string[] | undefined>, bytes: Buffer, cut: boolean): JsonValue {
  if (bytes.length === 0) return null
  const text = bytes.toString('utf8')
  if (cut || !/[/+]json\b/i.test(String(headers['content-type'] ?? ''))) return text
  try {
    const value = JSON.parse(text) as JsonValue
    return levelsOf(text) > MOST_LEVELS ? text : value
  } catch {
    return text
  }
}

/** How deep valid JSON text nests. */
function levelsOf(json: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth)
    else if (token === '}' || token === ']') depth--
  }
  return deepest
}
