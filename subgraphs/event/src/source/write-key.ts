// Write keys: how they are made, and which sources can have none.
import type { EventSource } from '@segue/database'
import { createHash, randomBytes } from 'node:crypto'
import { PixelCarriesNoKey } from '../errors.js'

/** Of a source that anybody may send to who knows its id. */
export const NO_WRITE_KEY = { writeKey: null, writeKeyHash: null }

/** 256 random bits: nobody guesses it, so a plain hash is enough to keep. */
export function newWriteKey(): { writeKey: string; writeKeyHash: Buffer } {
  const writeKey = randomBytes(32).toString('base64url')
  return { writeKey, writeKeyHash: createHash('sha256').update(writeKey).digest() }
}

/** A browser that loads a picture sends no key, so a pixel that has one takes in nothing any more. Throws PIXEL_CARRIES_NO_KEY. */
export function refuseKeyOfPixel(channel: EventSource['channel'], path: readonly string[]): void {
  if (channel === 'pixel') throw PixelCarriesNoKey({}, path)
}
