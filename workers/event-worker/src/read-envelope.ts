// From an inbox row to its envelope.
import { toId } from '@segue/database'
import { END_OF_TIME, wellFormedJson, type Envelope } from '@segue/event-model'
import type { InboxRow } from './sql/inbox.js'

/** The collector writes what this reads; a row that is not an envelope comes from somewhere else and is kept as it is. */
export function envelopeOf(row: InboxRow): Envelope | Error {
  try {
    const envelope: Envelope = JSON.parse(wellFormedJson(row.body.toString('utf8')))
    return isEnvelope(envelope, row.id) ? envelope : new Error('The inbox row holds no envelope.')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Whether it has what a dead letter needs; whatever else is wrong with it shows while it is processed. */
function isEnvelope(envelope: Envelope | null, id: Buffer): boolean {
  return (
    typeof envelope === 'object' &&
    envelope !== null &&
    envelope.eventId === toId(id) &&
    typeof envelope.type === 'string' &&
    typeof envelope.sourceId === 'string' &&
    envelope.receivedAt >= 0 &&
    envelope.receivedAt < END_OF_TIME &&
    (envelope.clientKey === undefined || typeof envelope.clientKey?.id === 'string')
  )
}
