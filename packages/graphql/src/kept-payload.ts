// A mutation's payload as bytes and back: JSON in which times stay times, so that fields find in a repeated answer what they found in the first one.

type Encoded = string | number | boolean | null | Encoded[] | { [key: string]: Encoded }

/** UTF-8 JSON. What is undefined, and bytes (ids or hashes of the database's own), are left out. */
export function encodePayload(payload: object): Buffer {
  return Buffer.from(JSON.stringify(encode(payload)))
}

/** What `encodePayload` was given. */
export function decodePayload(bytes: Buffer): object {
  return decode(JSON.parse(bytes.toString('utf8')) as Encoded) as object
}

/** A list begins with what it is: 'list' and its values, or 'time' and milliseconds. Nothing that a payload holds can be taken for a time so. */
function encode(value: unknown): Encoded | undefined {
  if (Array.isArray(value)) return ['list', ...value.map((item) => encode(item) ?? null)]
  if (value instanceof Date) return ['time', value.getTime()]
  if (value === undefined || typeof value === 'function' || ArrayBuffer.isView(value)) return undefined
  if (typeof value !== 'object' || value === null) return value as Encoded
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const encoded = encode(inner)
      return encoded === undefined ? [] : [[name, encoded]]
    }),
  )
}

function decode(value: Encoded): unknown {
  if (Array.isArray(value)) return value[0] === 'time' ? new Date(Number(value[1])) : value.slice(1).map(decode)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decode(inner)]))
}
