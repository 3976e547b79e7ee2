// Step 5, route: which workflows an event starts: triggers of its type, its source, the consents they ask for and their condition.
import type { Context } from '@segue/conditions'
import { eachEvent, surviving, type Batch, type WorkingEvent, type WorkingProfile } from './batch.js'
import type { Configuration, Trigger } from './configuration.js'
import { seenEvent } from './map.js'
import { readPath } from './paths.js'

/**
 * Calls `arrive` for each event, then `start` for each of its triggers that holds, in the order of triggers; a later one sees what an earlier one's
 * workflow wrote.
 */
export function route(
  batch: Batch,
  { triggers }: Configuration,
  arrive: (event: WorkingEvent) => void,
  start: (event: WorkingEvent, trigger: Trigger) => void,
): void {
  eachEvent(batch, (event) => {
    arrive(event)
    const candidates = triggers.get(event.envelope.type)
    if (!candidates) return
    for (const trigger of candidates) if (holds(trigger, event, batch)) start(event, trigger)
  })
}

function holds(trigger: Trigger, event: WorkingEvent, batch: Batch): boolean {
  if (trigger.sourceId !== null && trigger.sourceId !== event.envelope.sourceId) return false
  const profile = event.profile && surviving(event.profile)
  if (!trigger.requiredConsents.every((consent) => profile && hasConsent(profile, consent, batch.now))) return false
  return trigger.condition === null || trigger.condition.evaluate(triggerContext(event, batch.now))
}

/** A consent is given when it is on the profile, not refused and not past its `revoke` time. */
function hasConsent(profile: WorkingProfile, consent: string, now: number): boolean {
  const value = readPath(profile.document, ['consents', consent])
  if (value === undefined || value === null || value === false) return false
  const revoke = typeof value === 'object' && !Array.isArray(value) ? value['revoke'] : null
  return typeof revoke !== 'string' || Date.parse(revoke) > now
}

/** What a trigger's condition sees. */
export function triggerContext(event: WorkingEvent, now: number): Context {
  return {
    event: seenEvent(event),
    profile: event.profile ? profileView(surviving(event.profile)) : null,
    session: event.envelope.session ? { id: event.envelope.session.id } : null,
    now,
  }
}

/** A profile as conditions read it: the document's roots beside id and times. */
function profileView(profile: WorkingProfile): Record<string, unknown> {
  return {
    id: profile.id,
    createdAt: new Date(profile.createdAt),
    firstSeenAt: new Date(profile.firstSeenAt),
    lastSeenAt: new Date(profile.lastSeenAt),
    ...profile.document,
  }
}
