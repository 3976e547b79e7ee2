// Step 4, merge: writes what the event says about its person into the profile's document, each field by its operation.
import type { JsonObject, JsonValue, ProfileMapping } from '@segue/event-model'
import { eachEvent, surviving, type Batch, type WorkingEvent, type WorkingProfile } from './batch.js'
import type { Configuration } from './configuration.js'
import { readEvent } from './map.js'
import { parsePath, readPath } from './paths.js'
import type { Stamp } from './profile-document/stamp.js'
import { NotANumber, writeField } from './profile-document/write-field.js'

/** The document's roots; nothing else can be written. */
const ROOTS = new Set(['data', 'traits', 'interests', 'consents', 'counters', 'aux'])

/** Traits that have a place in the typed documents, by the names Segment's specification gives them. https://segment.com/docs/connections/spec/identify/#traits */
const KNOWN_TRAITS: readonly (readonly [trait: string, path: readonly string[]])[] = [
  ['email', ['data', 'contact', 'email', 'main']],
  ['phone', ['data', 'contact', 'phone', 'main']],
  ['firstName', ['data', 'pii', 'firstname']],
  ['lastName', ['data', 'pii', 'lastname']],
  ['name', ['data', 'pii', 'display_name']],
  ['birthday', ['data', 'pii', 'birthday']],
  ['gender', ['data', 'pii', 'gender']],
  ['avatar', ['data', 'media', 'image']],
  ['website', ['data', 'media', 'webpage']],
  ['title', ['data', 'job', 'position']],
]

/** What somebody is reached by shows on the profile, unless the field is written otherwise. */
const IDENTITY_FIELDS: Partial<Record<string, readonly string[]>> = {
  email: ['data', 'contact', 'email', 'main'],
  phone: ['data', 'contact', 'phone', 'main'],
}

export function merge(batch: Batch, { eventTypes }: Configuration): void {
  eachEvent(batch, (event) => {
    if (!event.profile) return
    const profile = surviving(event.profile)
    const { stamp } = event
    for (const { kind, value } of event.known) {
      const path = IDENTITY_FIELDS[kind]
      if (path) writeField(profile.document, profile.stamps, 'setOnce', path, value, stamp)
    }
    if (event.envelope.traits) writeTraits(profile, event.envelope.traits, stamp)
    for (const mapping of eventTypes.get(event.envelope.type)?.profileMappings ?? [])
      apply(event, profile, mapping, stamp)
  })
}

function writeTraits(profile: WorkingProfile, traits: JsonObject, stamp: Stamp): void {
  writeField(profile.document, profile.stamps, 'set', ['traits'], traits, stamp)
  for (const [trait, path] of KNOWN_TRAITS) {
    const value = traits[trait]
    if (typeof value === 'string' && value !== '')
      writeField(profile.document, profile.stamps, 'set', path, value, stamp)
  }
}

function apply(
  event: WorkingEvent,
  profile: WorkingProfile,
  { to, from, value, operation }: ProfileMapping,
  stamp: Stamp,
): void {
  const path = parsePath(to.includes('{') ? fillIn(to, event) : to)
  const written = from === undefined ? (value ?? null) : (readEvent(event, from) ?? null)
  if (!path || path.length < 2 || !ROOTS.has(path[0] as string) || (written === null && operation !== 'delete')) return
  try {
    writeField(profile.document, profile.stamps, operation, path, written, stamp)
  } catch (error) {
    if (!(error instanceof NotANumber)) throw error
    event.problems.push({ code: 'MAPPING_NOT_A_NUMBER', message: error.message, path: to })
  }
}

/** Replaces `{properties.interest}` in a path by the event's text; a dot in that text must not open a deeper path. */
function fillIn(to: string, event: WorkingEvent): string {
  return to.replace(/\{([^{}]+)\}/g, (_, from: string) => {
    const value: JsonValue | undefined = readEvent(event, from)
    return typeof value === 'string' || typeof value === 'number'
      ? String(value).replaceAll('.', '_').slice(0, 100)
      : ''
  })
}

/** The value of a profile's field. */
export function readField(profile: WorkingProfile, path: string): JsonValue | undefined {
  const parts = parsePath(path)
  return parts ? readPath(profile.document, parts) : undefined
}
