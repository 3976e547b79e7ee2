// From the bytes of a request to JSON: reading and unpacking with a limit, parsing, forms.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { JsonObject, JsonValue } from '@segue/event-model'
import { Refusal } from '../errors.js'

/**
 * Reads a body of at most `limit` bytes, also unpacked, whatever its content type. Calls back once; not at all when the client goes away, as nobody is
 * left to be answered.
 */
export function readBody(
  request: IncomingMessage,
  limit: number,
  done: (refusal: Refusal | null, body: Buffer) => void,
): void {
  const tooLarge = (): void => done(new Refusal('BODY_TOO_LARGE', { limit }), NOTHING)
  if (Number(request.headers['content-length']) > limit) return tooLarge()
  // Nearly every body arrives as one chunk, which needs no copy.
  let first: Buffer = NOTHING
  let more: Buffer[] | null = null
  let size = 0
  const take = (chunk: Buffer): void => {
    size += chunk.length
    if (size > limit) {
      request.off('data', take)
      return tooLarge()
    }
    if (first === NOTHING) first = chunk
    else (more ??= [first]).push(chunk)
  }
  request.on('data', take)
  request.on('end', () => {
    if (size > limit) return
    const body = more ? Buffer.concat(more) : first
    const encoding = request.headers['content-encoding']
    if (!encoding || encoding === 'identity') return done(null, body)
    unpack(body, encoding, limit).then(
      (plain) => done(null, plain),
      (refusal: Refusal) => done(refusal, NOTHING),
    )
  })
  // An aborted request is an error of its stream; without a listener it would be one of the process.
  request.on('error', () => undefined)
}

const NOTHING = Buffer.alloc(0)

const UNPACK = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/** Unpacks a body by its `Content-Encoding`, giving up when it would pass `limit` bytes (a small body can unpack to gigabytes). */
export async function unpack(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const unpackBody = UNPACK[encoding.trim().toLowerCase() as keyof typeof UNPACK]
  if (!Object.hasOwn(UNPACK, encoding.trim().toLowerCase())) throw new Refusal('ENCODING_UNKNOWN')
  try {
    return await unpackBody(body, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new Refusal('BODY_TOO_LARGE', { limit })
    throw new Refusal('BODY_NOT_READABLE', { reason: `it is not ${encoding.trim().toLowerCase().slice(0, 10)}` })
  }
}

/** Parses a body that must be one JSON object, whatever its content type says. */
export function parseObject(body: Buffer): JsonObject {
  const value = parseJson(body.toString('utf8'))
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal('BODY_NOT_JSON', { reason: 'it is no object' })
  return value
}

/** Escaped surrogates: a lone one is no character, and MySQL refuses it inside JSON. */
const SURROGATE = /\\u[dD][89a-fA-F]/

function parseJson(text: string): JsonValue {
  if (text.length === 0) throw new Refusal('BODY_NOT_JSON', { reason: 'it is empty' })
  try {
    // A byte order mark is allowed to be ignored (RFC 8259, 8.1).
    const value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as JsonValue
    return SURROGATE.test(text) ? wellFormed(value) : value
  } catch (error) {
    throw new Refusal('BODY_NOT_JSON', {
      reason: error instanceof Error ? placeOf(error.message) : 'it cannot be parsed',
    })
  }
}

/** Where parsing failed, without a word of the body: that may hold personal data. */
function placeOf(message: string): string {
  const at = /position \d+/.exec(message)
  return at ? `it goes wrong at ${at[0]}` : 'it ends too early'
}

function wellFormed(value: JsonValue): JsonValue {
  if (typeof value === 'string') return replaceLoneSurrogates(value)
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [replaceLoneSurrogates(key), wellFormed(item)]))
}

function replaceLoneSurrogates(text: string): string {
  return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')
}

/** A webhook's body: JSON where it parses as an object, else a form. A list becomes `{ items: [...] }`. */
export function parseJsonOrForm(body: Buffer, contentType: string | undefined): JsonObject {
  const text = body.toString('utf8')
  if (text.trim() === '') return {}
  const looksLikeJson = /^[\uFEFF\s]*[[{]/.test(text)
  if (!looksLikeJson && contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded'))
    return parseForm(text)
  const value = parseJson(text)
  if (Array.isArray(value)) return { items: value }
  if (typeof value !== 'object' || value === null) return { value }
  return value
}

/** Most members of a form or query that are read. */
const MAX_MEMBERS = 200

/** A form or query string as an object; a name that comes several times becomes a list. */
export function parseForm(text: string): JsonObject {
  const result = new Map<string, JsonValue>()
  let members = 0
  for (const [key, value] of new URLSearchParams(text)) {
    if (++members > MAX_MEMBERS)
      throw new Refusal('SHAPE_INVALID', { path: 'form', problem: `must have at most ${MAX_MEMBERS} members` })
    if (key === '__proto__') continue
    const before = result.get(key)
    result.set(key, before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value])
  }
  return Object.fromEntries(result)
}
