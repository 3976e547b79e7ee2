// Step 4, merge: writes what the event says about its person into the profile's document, each field by its operation.
import type { FieldOperation, JsonObject, JsonValue, ProfileMapping } from '@segue/event-model'
import { eachEvent, surviving, type Batch, type Problem, type WorkingEvent, type WorkingProfile } from './batch.js'
import type { Configuration } from './configuration.js'
import { readEvent } from './map.js'
import { parsePath, readPath } from './paths.js'
import { PROFILE_LIMIT, sizeOf, weightOf } from './profile-document/room.js'
import { NotANumber, writeField } from './profile-document/write-field.js'
import { isTimeZone } from './runs/time-zone.js'
import { cut } from './sql/rows.js'

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
    for (const { kind, value } of event.known) {
      const path = IDENTITY_FIELDS[kind]
      if (path) write(event, profile, 'setOnce', path, value)
    }
    if (event.envelope.traits) writeTraits(event, profile, event.envelope.traits)
    keepTimeZone(event, profile)
    for (const mapping of eventTypes.get(event.envelope.type)?.profileMappings ?? []) apply(event, profile, mapping)
  })
}

/** Where the person's device is, for what is to happen at a time of their day. Written when it changes: most events say the same again. */
function keepTimeZone(event: WorkingEvent, profile: WorkingProfile): void {
  const zone = event.envelope.context.timezone
  if (zone === undefined || zone === readField(profile, 'aux.timezone') || !isTimeZone(zone)) return
  write(event, profile, 'set', ['aux', 'timezone'], zone)
}

function writeTraits(event: WorkingEvent, profile: WorkingProfile, traits: JsonObject): void {
  write(event, profile, 'set', ['traits'], traits)
  for (const [trait, path] of KNOWN_TRAITS) {
    const value = traits[trait]
    if (typeof value === 'string' && value !== '') write(event, profile, 'set', path, value)
  }
}

function apply(event: WorkingEvent, profile: WorkingProfile, { to, from, value, operation }: ProfileMapping): void {
  const path = parsePath(to.includes('{') ? fillIn(to, event) : to)
  const written = from === undefined ? (value ?? null) : (readEvent(event, from) ?? null)
  if (!path || path.length < 2 || !ROOTS.has(path[0] as string) || (written === null && operation !== 'delete')) return
  try {
    write(event, profile, operation, path, written)
  } catch (error) {
    if (!(error instanceof NotANumber)) throw error
    event.problems.push({ code: 'MAPPING_NOT_A_NUMBER', message: error.message, path: to })
  }
}

/** Who writes: an event, or a run that went on by itself. What cannot be written is told among its problems. */
export type Author = Pick<WorkingEvent, 'stamp' | 'problems'>

/**
 * Writes one field of the author's profile with the author's stamp. A profile that is full takes nothing more, and the event says so. Throws
 * `NotANumber`.
 */
export function write(
  author: Author,
  profile: WorkingProfile,
  operation: FieldOperation,
  path: readonly string[],
  value: JsonValue,
): void {
  const { document: values, stamps } = profile
  const weight = path.reduce((sum, part) => sum + 2 * part.length, weightOf(value))
  if (profile.size + weight > PROFILE_LIMIT) profile.size = sizeOf({ values, stamps })
  if (profile.size + weight > PROFILE_LIMIT) {
    if (author.problems.every((problem) => problem.code !== PROFILE_FULL.code)) author.problems.push(PROFILE_FULL)
    return
  }
  if (!writeField(values, stamps, operation, path, value, author.stamp)) return
  profile.size += weight
  profile.changed = true
}

const PROFILE_FULL: Problem = {
  code: 'PROFILE_FULL',
  message: 'The profile holds as much as a profile may; some of what the event says about it was not written.',
}

/** Replaces `{properties.interest}` in a path by the event's text; a dot in that text must not open a deeper path. */
function fillIn(to: string, event: WorkingEvent): string {
  return to.replace(/\{([^{}]+)\}/g, (_, from: string) => {
    const value: JsonValue | undefined = readEvent(event, from)
    return typeof value === 'string' || typeof value === 'number' ? cut(String(value).replaceAll('.', '_'), 100) : ''
  })
}

/** The value of a profile's field. */
export function readField(profile: WorkingProfile, path: string): JsonValue | undefined {
  const parts = parsePath(path)
  return parts ? readPath(profile.document, parts) : undefined
}
