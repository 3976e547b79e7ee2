// Whether a request may use the source it names.
import { timingSafeEqual } from 'node:crypto'
import { hashOfWriteKey } from '@segue/database'
import type { Arrival, Submission } from '../submission.js'
import type { Source } from './catalogue.js'

/**
 * Whether `source` takes this request: enabled, of the route's channel, no source of ours (those start with @), its origin and its key. All of
 * it is one answer to the client, so that nobody learns which part was wrong.
 */
export function permits(source: Source | undefined, submission: Submission, arrival: Arrival): source is Source {
  if (!source || !source.enabled || source.id.startsWith('@') || !submission.channels.includes(source.channel))
    return false
  if (source.origins && arrival.origin !== undefined && !source.origins.has(arrival.origin.toLowerCase())) return false
  if ('writeKey' in submission.source || !source.keyHash) return true
  // A source id is no secret: where a source has a key, it has to come along.
  return submission.key !== undefined && timingSafeEqual(hashOfWriteKey(submission.key), source.keyHash)
}
