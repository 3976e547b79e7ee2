// The pixel: GET /pixel.gif?source=…&type=…&… records an event and answers an image. For mails and pages without scripts.
import type { JsonObject } from '@segue/event-model'
import * as read from '../edge/read.js'
import type { Submission } from '../submission.js'

/** A transparent GIF of 1×1. */
export const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/**
 * Reads the query of a pixel: `source`, `type`, and optionally `id` (the client's own id of the event), `session`, `profile` (an id that was given
 * out here) and `device`; everything else is a property. Without profile and device the event is profile-less.
 */
export function readPixel(query: JsonObject): Submission {
  const { source, type, id, session, profile, device, ...properties } = query
  const sourceId = read.text(source, 'source', 64)
  const eventType = read.text(type, 'type', 128)?.trim()
  const clientId = read.text(id, 'id', 128)
  const sessionId = read.text(session, 'session', 64)
  const profileId = read.text(profile, 'profile', 64)
  const deviceId = read.text(device, 'device', 255)
  if (sourceId === undefined) throw read.wrong('source', 'is missing')
  if (!eventType) throw read.wrong('type', 'is missing')
  return {
    source: { id: sourceId },
    channels: ['pixel'],
    person: { kind: 'silent', profileId: profileId ?? null },
    ...(sessionId === undefined ? {} : { session: { id: sessionId, save: true } }),
    sentAt: null,
    debug: false,
    hearsAnswers: false,
    events: [
      {
        path: '',
        type: eventType,
        properties: read.data(properties, 'properties') ?? {},
        context: {},
        identities: deviceId === undefined ? [] : [{ kind: 'device', value: deviceId }],
        time: null,
        ...(clientId === undefined ? {} : { clientId }),
        transient: false,
      },
    ],
  }
}
