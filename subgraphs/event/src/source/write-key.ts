// Write keys: how they are made, and which sources can have none.
import { hashOfWriteKey, type EventSource } from '@segue/database'
import { randomBytes } from 'node:crypto'
import { PixelCarriesNoKey } from '../errors.js'

/** Of a source that anybody may send to who knows its id. */
export const NO_WRITE_KEY = { writeKey: null, writeKeyHash: null }

/** 256 random bits. */
export function newWriteKey(): { writeKey: string; writeKeyHash: Buffer } {
  const writeKey = randomBytes(32).toString('base64url')
  return { writeKey, writeKeyHash: hashOfWriteKey(writeKey) }
}

/** A browser that loads a picture sends no key, so a pixel that has one takes in nothing any more. Throws PIXEL_CARRIES_NO_KEY. */
export function refuseKeyOfPixel(channel: EventSource['channel'], path: readonly string[]): void {
  if (channel === 'pixel') throw PixelCarriesNoKey({}, path)
}
