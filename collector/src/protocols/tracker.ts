// The tracker protocol: POST /track, from pages, beacons, servers, bridges.
import type { EnvelopeContext, IdentityClaim, JsonObject, JsonValue } from '@segue/event-model'
import { MAX_EVENTS, type Receipt } from '../accept.js'
import { trackerContext } from '../edge/context.js'
import * as read from '../edge/read.js'
import { parseTime, withoutZone } from '../edge/time.js'
import { Refusal } from '../errors.js'
import type { Channel, Person, Submission, SubmittedEvent } from '../submission.js'
import { handOverOf } from './hand-over.js'

const CHANNELS: readonly Channel[] = ['tracker', 'bridge']
/** Most identities one request may state for its person. */
const MAX_IDENTITIES = 20
const MAX_TAGS = 50

/** What comes beside the body. */
export interface TrackerExtras {
  /** `?profile_less=true`. */
  profileLess: boolean
  /** From the `x-timestamp` header. */
  sentAt: number | null
  /** Write key from `Authorization`. */
  key: string | undefined
}

/** Reads a tracker request; throws a `Refusal` that names what is wrong. */
export function readTracker(body: JsonObject, { profileLess, sentAt, key }: TrackerExtras): Submission {
  const sourceId = read.text(read.object(body['source'], 'source')?.['id'], 'source.id', 64)
  if (sourceId === undefined) throw read.wrong('source.id', 'is missing')
  const events = read.list(body['events'], 'events')
  if (!events || events.length === 0) throw read.wrong('events', 'must list at least one event')
  if (events.length > MAX_EVENTS) throw new Refusal('TOO_MANY_EVENTS', { limit: MAX_EVENTS })

  const options = read.object(body['options'], 'options')
  const sessionId = read.text(read.object(body['session'], 'session')?.['id'], 'session.id', 64)
  const profile = read.object(body['profile'], 'profile')
  const profileId = read.text(profile?.['id'], 'profile.id', 64) ?? null
  const identities = identitiesOf(body, profile)
  const circumstances = read.data(body['context'], 'context')
  const context = trackerContext(circumstances)
  const submitted = events.map((event, index) =>
    eventOf(event, `events[${index}]`, context, identities, options?.['saveEvents'] === false),
  )

  return {
    source: { id: sourceId },
    ...(key === undefined ? {} : { key }),
    channels: CHANNELS,
    person: profileLess ? { kind: 'nobody' } : personOf(profileId, sessionId !== undefined, submitted),
    ...(sessionId === undefined ? {} : { session: { id: sessionId, save: options?.['saveSession'] !== false } }),
    sentAt: sentAt === null ? null : withoutZone(sentAt, statedClock(circumstances)),
    debug: options?.['debugger'] === true,
    hearsAnswers: true,
    events: submitted,
  }
}

function personOf(profileId: string | null, hasSession: boolean, [first]: readonly SubmittedEvent[]): Person {
  const handOver = profileId === null && first ? handOverOf(first.context) : undefined
  return { kind: 'answered', profileId, hasSession, ...(handOver && { handOver }) }
}

/** The client's clock when it built the request: `context.time.local`. */
function statedClock(context: JsonObject | undefined): number | null {
  const time = context?.['time']
  return typeof time === 'object' && time !== null && !Array.isArray(time) ? parseTime(time['local']) : null
}

function identitiesOf(body: JsonObject, profile: JsonObject | undefined): IdentityClaim[] {
  const identities: IdentityClaim[] = []
  const deviceId = read.text(read.object(body['device'], 'device')?.['id'], 'device.id', 255)
  if (deviceId !== undefined) identities.push({ kind: 'device', value: deviceId })
  const stated = read.list(profile?.['identities'], 'profile.identities') ?? []
  if (stated.length > MAX_IDENTITIES) throw read.wrong('profile.identities', `must list at most ${MAX_IDENTITIES}`)
  stated.forEach((item, index) => {
    const path = `profile.identities[${index}]`
    const identity = read.object(item, path)
    const kind = read.text(identity?.['kind'], `${path}.kind`, 32)
    const value = read.text(identity?.['value'], `${path}.value`, 255)
    if (kind === undefined || value === undefined) throw read.wrong(path, 'must have a kind and a value')
    identities.push({ kind, value })
  })
  return identities
}

function eventOf(
  item: JsonValue,
  path: string,
  shared: EnvelopeContext,
  identities: IdentityClaim[],
  transient: boolean,
): SubmittedEvent {
  const event = read.object(item, path)
  const type = read.text(event?.['type'], `${path}.type`, 128)?.trim()
  if (!event || !type) throw read.wrong(`${path}.type`, 'is missing')
  const own = read.data(event['context'], `${path}.context`)
  const clientId = read.text(event['id'], `${path}.id`, 128)
  const tags = tagsOf(event['tags'], `${path}.tags`)
  const options = read.object(event['options'], `${path}.options`)
  return {
    path,
    type,
    properties: read.data(event['properties'], `${path}.properties`) ?? {},
    context: own ? { ...shared, ...trackerContext(own) } : shared,
    identities,
    ...(tags === undefined ? {} : { tags }),
    time: timeOf(event, path),
    ...(clientId === undefined ? {} : { clientId }),
    transient: transient || options?.['saveEvents'] === false,
  }
}

function tagsOf(value: JsonValue | undefined, path: string): string[] | undefined {
  const list = read.list(value, path)
  if (!list || list.length === 0) return undefined
  if (list.length > MAX_TAGS) throw read.wrong(path, `must list at most ${MAX_TAGS}`)
  return list.flatMap((tag, index) => read.text(tag, `${path}[${index}]`, 64) ?? [])
}

/** `time.create` is the moment; older clients call it `insert`. */
function timeOf(event: JsonObject, path: string): number | null {
  const time = read.object(event['time'], `${path}.time`)
  const stated = time?.['create'] ?? time?.['insert']
  if (stated === undefined || stated === null) return null
  const parsed = parseTime(stated)
  if (parsed === null) throw read.wrong(`${path}.time.create`, 'must be a time as ISO 8601, after 1970')
  return parsed
}

/** The answer to an accepted request. */
export function trackerAnswer(submission: Submission, receipt: Receipt): string {
  const { requestId, source, eventIds, result, warnings } = receipt
  const profileId = result?.profileId ?? receipt.profileId
  return JSON.stringify({
    task: requestId,
    ux: result?.ux ?? [],
    response: result?.response ?? {},
    events: submission.debug && source.debuggable ? eventIds : [],
    profile: profileId === null ? null : { id: profileId },
    session: submission.session ? { id: submission.session.id } : null,
    errors: result && source.debuggable ? result.errors : [],
    warnings: result ? [...warnings, ...result.warnings] : warnings,
  })
}
