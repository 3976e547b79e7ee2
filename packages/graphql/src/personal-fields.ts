// Fields that people marked as personal, kept for a moment: a mark counts everywhere within seconds, and no request waits for it.
import { markedPersonalFields, type Database } from '@segue/database'

/** How long marks are kept: a page may show a field for so long after somebody marked it. */
const KEPT_MS = 2000

/** Paths that are marked: `await fields()`. Rejects when they cannot be read: then nothing can be shown that may have to be masked. */
export function personalFields(database: Database, now: () => number = Date.now): () => Promise<readonly string[]> {
  let known: { paths: Promise<readonly string[]>; until: number } | undefined
  return () => {
    if (known && known.until > now()) return known.paths
    const reading = { paths: markedPersonalFields(database), until: now() + KEPT_MS }
    known = reading
    reading.paths.catch(() => {
      if (known === reading) known = undefined
    })
    return reading.paths
  }
}
