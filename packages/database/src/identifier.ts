// Ids between their two forms: the string everybody reads and the 16 bytes the database keeps.

/** Bytes of a UUID string (any version, any case). Throws on anything else: callers parse at the edge. */
export function toBytes(id: string): Buffer {
  const hex =
    id.length === 36 ? id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24) : id
  const bytes = Buffer.from(hex, 'hex')
  if (bytes.length !== 16) throw new Error('Not a UUID.')
  return bytes
}

/** The string of 16 bytes, lower case with dashes. */
export function toId(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Whether this is a UUID string, of any version. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)
}
