// What all protocols share: from a submission to stored events. Source, rate, schemas, ids, times, envelopes, inbox, answers.
import { randomUUID } from 'node:crypto'
import { toId } from '@segue/database'
import { partitionOf, type Envelope, type InboxResult, type ProfileIds } from '@segue/event-model'
import type { Catalogue, Source } from './edge/catalogue.js'
import { permits } from './edge/permission.js'
import type { RateLimit } from './edge/rate-limit.js'
import { occurredAt } from './edge/time.js'
import { whom, type Whom } from './edge/whom.js'
import { Refusal } from './errors.js'
import { eventIds } from './event-id.js'
import type { GroupCommit } from './inbox/group-commit.js'
import { combine, type Results } from './inbox/results.js'
import type { InboxRow } from './sql/insert-into-inbox.js'
import type { Arrival, Submission, SubmittedEvent } from './submission.js'

/** Most events a request: what a statement of the inbox takes, as a request is stored whole. */
export const MAX_EVENTS = 1000

/** Most bytes that the events of a request come to when stored; a quarter of what a statement may have. */
const MAX_STORED_BYTES = 4 * 1024 * 1024

/** Seconds after which a client may try again when nothing can be stored: most outages are restarts. */
const RETRY_AFTER_SECONDS = 2

/** What became of an accepted request. */
export interface Receipt {
  requestId: string
  source: Source
  eventIds: string[]
  /** The profile id the client keeps. */
  profileId: string | null
  /** What workflows answered, when the source waits for them and they answered in time. */
  result: InboxResult | null
  warnings: string[]
}

/** Takes a submission in. Calls back once the events are durable, or with the refusal; nothing of a refused request is stored. */
export type Accept = (
  submission: Submission,
  arrival: Arrival,
  done: (refusal: Refusal | null, receipt: Receipt | null) => void,
) => void

export interface Parts {
  catalogue: Catalogue
  rates: RateLimit
  eventsPerSecond: number
  profileIds: ProfileIds
  inbox: GroupCommit
  results: Results
}

export function acceptor(parts: Parts): Accept {
  const { catalogue, inbox, results } = parts
  const newEventId = eventIds()

  const accept: Accept = (submission, arrival, done) => {
    const source = catalogue.find(submission.source)
    if (permits(source, submission, arrival)) store(source, submission, arrival, done)
    else lookAgain(submission, arrival, done)
  }

  /** The source may be new or just changed. Whatever is wrong with it takes the same way, so time tells nothing either. */
  function lookAgain(submission: Submission, arrival: Arrival, done: Parameters<Accept>[2]): void {
    catalogue.fresh().then(
      () => {
        const source = catalogue.find(submission.source)
        if (permits(source, submission, arrival)) store(source, submission, arrival, done)
        else done(new Refusal('SOURCE_REFUSED'), null)
      },
      () => done(unavailable(), null),
    )
  }

  function store(source: Source, submission: Submission, arrival: Arrival, done: Parameters<Accept>[2]): void {
    let prepared: { rows: InboxRow[]; receipt: Receipt }
    try {
      prepared = prepare(parts, newEventId, source, submission, arrival)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return done(error, null)
    }
    const { rows, receipt } = prepared
    inbox.append(rows, (stored) => {
      if (!stored) return done(unavailable(), null)
      if (!submission.hearsAnswers || !source.synchronous) return done(null, receipt)
      const eventIds = rows.map((row) => row.id)
      results.wait(eventIds, source.answerWithinMs, (found) => {
        if (found) receipt.result = combine(found)
        done(null, receipt)
      })
    })
  }

  return accept
}

function prepare(
  { catalogue, rates, eventsPerSecond, profileIds }: Parts,
  newEventId: (receivedAt: number) => Buffer,
  source: Source,
  submission: Submission,
  arrival: Arrival,
): { rows: InboxRow[]; receipt: Receipt } {
  const { events } = submission
  rates.take(source.id, events.length, source.eventsPerSecond ?? eventsPerSecond)
  const warnings = checkSchemas(catalogue, source, events)
  const person = whom(submission, source, profileIds)
  const requestId = randomUUID()
  const eventIds: string[] = []
  let bytes = 0
  const rows = events.map((event): InboxRow => {
    const id = newEventId(arrival.receivedAt)
    const eventId = toId(id)
    eventIds.push(eventId)
    const envelope = envelopeOf(event, { eventId, requestId, source, submission, arrival, person, profileIds })
    const body = Buffer.from(JSON.stringify(envelope))
    // What the events of a request share is kept with each: a small body can stand for much.
    bytes += body.length
    if (bytes > MAX_STORED_BYTES) throw new Refusal('REQUEST_TOO_LARGE', { limit: MAX_STORED_BYTES })
    return { partition: partitionOf(envelope), id, sourceId: source.id, body }
  })
  return { rows, receipt: { requestId, source, eventIds, profileId: person.answer, result: null, warnings } }
}

/** Throws when a type refuses what its schema does not allow; returns a warning for each event that will be flagged. */
function checkSchemas({ schemas }: Catalogue, source: Source, events: readonly SubmittedEvent[]): string[] {
  const warnings: string[] = []
  for (const { path, type, properties } of events) {
    const check = schemas.check(type, source.id, properties)
    if (check.valid) continue
    const problem = check.problems[0] ?? { path: 'properties', message: 'do not follow the schema' }
    if (check.onInvalid === 'refuse')
      throw new Refusal('EVENT_INVALID', { path: `${path}.${problem.path}`, problem: problem.message, type })
    warnings.push(`${path}.${problem.path} ${problem.message}; the event was kept and marked as invalid.`)
  }
  return warnings
}

interface Circumstances {
  eventId: string
  requestId: string
  source: Source
  submission: Submission
  arrival: Arrival
  person: Whom
  profileIds: ProfileIds
}

function envelopeOf(event: SubmittedEvent, circumstances: Circumstances): Envelope {
  const { eventId, requestId, source, submission, arrival, person, profileIds } = circumstances
  const nobody = submission.person.kind === 'nobody'
  const envelope: Envelope = {
    v: 1,
    eventId,
    requestId,
    protocol: source.channel,
    sourceId: source.id,
    trusted: source.trusted,
    receivedAt: arrival.receivedAt,
    occurredAt: occurredAt(event.time, submission.sentAt, arrival.receivedAt),
    type: event.type,
    properties: event.properties,
    context: event.context,
    identities: nobody ? [] : event.identities,
  }
  seeForOurselves(envelope, source, arrival)
  if (person.profileId !== undefined) envelope.profileId = person.profileId
  // Each event its own: two people of one batch must not begin as one profile.
  if (person.begins && mayBegin(event, person)) envelope.newProfileId = profileIds.mint()
  if (submission.session) envelope.session = submission.session
  // A webhook that states a session is about whoever that session's is.
  if (nobody && (source.channel === 'tracker' || !submission.session)) envelope.profileLess = true
  if (event.traits && !nobody) envelope.traits = event.traits
  if (event.tags) envelope.tags = event.tags
  if (event.clientId !== undefined) envelope.clientKey = { id: event.clientId, time: event.time }
  if (event.transient) envelope.transient = true
  if (submission.hearsAnswers && source.synchronous) envelope.awaitsResult = true
  return envelope
}

/** Identities that come with the browser, not with who sits before it. */
const OF_THE_BROWSER = new Set(['device', 'anonymous'])

/**
 * Whether a new profile may turn out to be needed. For a visitor whose profile id is known only when somebody is named: most requests have a device id
 * and nothing else, and minting an id for each would be a tenth of their time.
 */
function mayBegin({ identities }: SubmittedEvent, { profileId }: Whom): boolean {
  if (profileId === undefined) return identities.length > 0
  return identities.some(({ kind }) => !OF_THE_BROWSER.has(kind))
}

/** A browser's address and user agent are what the connection says; a server speaks for clients that only it has seen. */
function seeForOurselves({ context }: Envelope, source: Source, arrival: Arrival): void {
  if (source.trusted) return
  context.ip = arrival.ip
  if (arrival.userAgent !== undefined) context.userAgent = arrival.userAgent
}

function unavailable(): Refusal {
  return new Refusal('UNAVAILABLE', { seconds: RETRY_AFTER_SECONDS })
}
