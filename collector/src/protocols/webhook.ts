// Webhooks: /collect/{eventType}/{sourceId}[/{sessionId}]; the body or the query string becomes the properties.
import type { JsonObject } from '@segue/event-model'
import * as read from '../edge/read.js'
import type { Submission } from '../submission.js'

/** The parts of a webhook's address. */
export interface WebhookAddress {
  eventType: string
  sourceId: string
  sessionId?: string
}

/** Reads a webhook request. Its events are profile-less; with a session they belong to whoever the session belongs to. */
export function readWebhook(address: WebhookAddress, properties: JsonObject, key: string | undefined): Submission {
  const type = read.text(address.eventType, 'eventType', 128)?.trim()
  const sourceId = read.text(address.sourceId, 'sourceId', 64)
  const sessionId = read.text(address.sessionId, 'sessionId', 64)
  if (!type) throw read.wrong('eventType', 'is missing')
  if (sourceId === undefined) throw read.wrong('sourceId', 'is missing')
  return {
    source: { id: sourceId },
    ...(key === undefined ? {} : { key }),
    channels: ['webhook'],
    person: { kind: 'nobody' },
    ...(sessionId === undefined ? {} : { session: { id: sessionId, save: true } }),
    sentAt: null,
    debug: false,
    hearsAnswers: true,
    events: [
      {
        path: '',
        type,
        properties: read.data(properties, 'properties') ?? {},
        context: {},
        identities: [],
        time: null,
        transient: false,
      },
    ],
  }
}
