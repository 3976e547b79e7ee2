// Write keys of event sources, as they are kept.
import { hash } from 'node:crypto'

/** What is kept of a write key. Keys are random, so a plain SHA-256 is enough. */
export function hashOfWriteKey(writeKey: string): Buffer {
  return hash('sha256', writeKey, 'buffer')
}
