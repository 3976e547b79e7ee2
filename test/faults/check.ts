// Compares every row that a scenario left in the database with what must be there.
import { createHash } from 'node:crypto'
import { toId } from '@segue/database'
import type { RowDataPacket } from 'mysql2/promise'
import { expectedOf, sameJson, type Expected } from './expected.js'
import type { Scenario, ScenarioEvent } from './scenario.js'
import type { Stand } from './stand.js'
import { WORKFLOWS } from './workflows.js'

/** All zero when everything is as it must be. */
export interface Verdict {
  /** Rows that are missing. */
  lost: number
  /** Rows that should not be there. */
  doubled: number
  /** Values that differ. */
  wrong: number
}

/** Which rows are missing, surplus or different; `notes` tells of them one by one. */
export class Findings implements Verdict {
  lost = 0
  doubled = 0
  wrong = 0
  readonly notes: string[] = []

  note(kind: keyof Verdict, what: string): void {
    this[kind] += 1
    this.notes.push(`${kind}: ${what}`)
  }

  /** Notes a value that is not as it must be. */
  compare(what: string, found: unknown, expected: unknown): void {
    if (!sameJson(found, expected))
      this.note('wrong', `${what} is ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
  }

  get verdict(): Verdict {
    return { lost: this.lost, doubled: this.doubled, wrong: this.wrong }
  }
}

/** Checks everything. Call it when the inbox is empty and merges are moved. */
export async function checkAll(stand: Stand, scenario: Scenario): Promise<Findings> {
  const expected = expectedOf(scenario)
  const findings = new Findings()
  const profiles = await checkProfiles(stand, expected, scenario, findings)
  const events = await checkEvents(stand, expected, scenario, profiles, findings)
  const runs = await checkRuns(stand, expected, events, profiles, findings)
  await checkActivity(stand, events, runs, findings)
  await checkIdentities(stand, expected, profiles, findings)
  await checkSessions(stand, expected, profiles, findings)
  await checkKeys(stand, scenario, events, findings)
  for (const table of ['inbox', 'profile_move', 'dead_letter']) {
    const [row] = await stand.rows(`SELECT COUNT(*) AS n FROM ${table}`)
    if (Number(row?.['n']) > 0) findings.note('wrong', `${table} still holds ${row?.['n']} rows`)
  }
  return findings
}

/** Which person each profile is, and each id that answers with one. */
interface Profiles {
  /** Canonical profile id → person. */
  personOf: Map<string, number>
  /** Any id, aliases too → canonical profile id. */
  canonical: Map<string, string>
  /** Person → canonical profile id. */
  profileOf: Map<number, string>
}

async function checkProfiles(
  stand: Stand,
  expected: Expected,
  scenario: Scenario,
  findings: Findings,
): Promise<Profiles> {
  const rows = await stand.rows('SELECT id, first_seen_at, last_seen_at, identified, document FROM profile ORDER BY id')
  const aliases = await stand.rows('SELECT alias_id, profile_id FROM profile_alias')
  const owners = await stand.rows("SELECT value, profile_id FROM profile_identity WHERE kind = 'customer'")
  const people = new Map(
    scenario.events.flatMap((event): [string, number][] =>
      event.identities.flatMap(({ kind, value }): [string, number][] =>
        kind === 'customer' ? [[value, expected.personOf.get(event.key) ?? -1]] : [],
      ),
    ),
  )
  const personOf = new Map<string, number>()
  for (const row of owners) personOf.set(toId(row['profile_id']), people.get(row['value']) ?? -1)

  const canonical = new Map(rows.map((row): [string, string] => [toId(row['id']), toId(row['id'])]))
  const stored = new Set(canonical.keys())
  for (const row of aliases) {
    const [alias, id] = [toId(row['alias_id']), toId(row['profile_id'])]
    if (stored.has(alias)) findings.note('doubled', `${alias} is a profile and an alias`)
    if (!stored.has(id)) findings.note('wrong', `alias ${alias} leads to ${id}, which is no profile`)
    canonical.set(alias, id)
  }

  const profileOf = new Map<number, string>()
  for (const row of rows) {
    const id = toId(row['id'])
    const person = expected.people[personOf.get(id) ?? -1]
    if (!person) findings.note('doubled', `profile ${id} is nobody`)
    else if (profileOf.has(person.id)) findings.note('doubled', `person ${person.id} has a second profile ${id}`)
    else {
      profileOf.set(person.id, id)
      findings.compare(`document of person ${person.id}`, JSON.parse(row['document']), person.document)
      findings.compare(`first_seen_at of person ${person.id}`, row['first_seen_at'].getTime(), person.firstSeenAt)
      findings.compare(`last_seen_at of person ${person.id}`, row['last_seen_at'].getTime(), person.lastSeenAt)
      findings.compare(`identified of person ${person.id}`, row['identified'], 1)
    }
  }
  for (const { id, statedIds } of expected.people) {
    const profile = profileOf.get(id)
    if (!profile) findings.note('lost', `person ${id} has no profile`)
    for (const stated of statedIds)
      findings.compare(`profile that answers for ${stated}`, canonical.get(stated), profile)
  }
  return { personOf, canonical, profileOf }
}

/** A stored event. */
interface StoredEvent {
  id: string
  profileId: string | undefined
  occurredAt: number
}

async function checkEvents(
  stand: Stand,
  expected: Expected,
  scenario: Scenario,
  profiles: Profiles,
  findings: Findings,
): Promise<Map<string, StoredEvent>> {
  const rows = await stand.rows(
    `SELECT id, profile_id, original_profile_id, session_id, source_id, type, occurred_at, valid, properties, problems, number_1 FROM event`,
  )
  const wanted = new Map(scenario.events.filter((event) => !event.transient).map((event) => [event.key, event]))
  const stored = new Map<string, StoredEvent>()
  for (const row of rows) {
    const properties = JSON.parse(row['properties']) as Record<string, unknown>
    const key = String(properties['key'])
    const event = wanted.get(key)
    if (!event) findings.note('doubled', `event ${key} should not be stored`)
    else if (stored.has(key)) findings.note('doubled', `event ${key} is stored twice`)
    else {
      stored.set(key, { id: toId(row['id']), profileId: idOf(row['profile_id']), occurredAt: event.occurredAt })
      compareEvent(row, properties, event, expected, profiles, findings)
    }
  }
  for (const key of wanted.keys()) if (!stored.has(key)) findings.note('lost', `event ${key}`)
  return stored
}

function compareEvent(
  row: RowDataPacket,
  properties: unknown,
  event: ScenarioEvent,
  { personOf }: Expected,
  { profileOf, canonical }: Profiles,
  findings: Findings,
): void {
  const what = (name: string): string => `${name} of event ${event.key}`
  const profile = profileOf.get(personOf.get(event.key) ?? -1)
  findings.compare(what('profile'), idOf(row['profile_id']), profile)
  findings.compare(what('original profile'), canonical.get(idOf(row['original_profile_id']) ?? ''), profile)
  findings.compare(what('properties'), properties, event.properties)
  findings.compare(what('type'), row['type'], event.type)
  findings.compare(what('source'), row['source_id'], event.source)
  findings.compare(what('occurred_at'), row['occurred_at'].getTime(), event.occurredAt)
  findings.compare(what('session'), idOf(row['session_id']), event.session)
  findings.compare(what('valid'), row['valid'], 1)
  findings.compare(what('problems'), row['problems'], null)
  const value = event.properties['value']
  findings.compare(what('number_1'), row['number_1'] ?? undefined, event.type === 'page-view' ? undefined : value)
}

/** A stored run. */
interface StoredRun {
  id: string
  profileId: string | undefined
  startedAt: number
}

async function checkRuns(
  stand: Stand,
  { runs }: Expected,
  events: Map<string, StoredEvent>,
  { profileOf, canonical }: Profiles,
  findings: Findings,
): Promise<StoredRun[]> {
  const rows = await stand.rows(
    `SELECT r.id, r.workflow_id, r.version, r.trigger_id, r.profile_id, r.original_profile_id, r.event_id, r.state, r.started_at
     FROM workflow_run r`,
  )
  const keys = new Map([...events].map(([key, event]) => [event.id, key]))
  const found = new Map<string, RowDataPacket[]>()
  // Runs on events that were not stored know only the event's id; all that are left must be theirs.
  const homeless: RowDataPacket[] = []
  for (const row of rows) {
    const key = keys.get(toId(row['event_id']))
    if (key === undefined) homeless.push(row)
    else {
      const name = `${key} ${toId(row['workflow_id'])}`
      found.set(name, [...(found.get(name) ?? []), row])
    }
  }
  const versions = new Map(WORKFLOWS.map((workflow) => [workflow.id, workflow.triggerId]))
  let unstored = 0
  for (const { key, workflowId, person, state } of runs) {
    if (!events.has(key)) {
      unstored += 1
      continue
    }
    const [row, ...more] = found.get(`${key} ${workflowId}`) ?? []
    found.delete(`${key} ${workflowId}`)
    if (!row) {
      findings.note('lost', `run of ${workflowId} on event ${key}`)
      continue
    }
    for (const _ of more) findings.note('doubled', `run of ${workflowId} on event ${key}`)
    const profile = profileOf.get(person)
    findings.compare(`state of the run on event ${key}`, row['state'], state)
    findings.compare(`profile of the run on event ${key}`, idOf(row['profile_id']), profile)
    findings.compare(
      `original profile of the run on ${key}`,
      canonical.get(idOf(row['original_profile_id']) ?? ''),
      profile,
    )
    findings.compare(`version of the run on event ${key}`, row['version'], 1)
    findings.compare(`trigger of the run on event ${key}`, idOf(row['trigger_id']), versions.get(workflowId))
  }
  for (const name of found.keys()) findings.note('doubled', `run ${name}`)
  if (homeless.length < unstored)
    findings.note('lost', `${unstored - homeless.length} runs on events that are not stored`)
  if (homeless.length > unstored) findings.note('doubled', `${homeless.length - unstored} runs on unknown events`)
  return rows.map((row) => ({
    id: toId(row['id']),
    profileId: idOf(row['profile_id']),
    startedAt: row['started_at'].getTime(),
  }))
}

async function checkActivity(
  stand: Stand,
  events: Map<string, StoredEvent>,
  runs: StoredRun[],
  findings: Findings,
): Promise<void> {
  const wanted = new Set([
    ...[...events.values()].map((event) => `event ${event.id} of ${event.profileId} at ${event.occurredAt}`),
    ...runs.map((run) => `run ${run.id} of ${run.profileId} at ${run.startedAt}`),
  ])
  for (const row of await stand.rows('SELECT profile_id, at, kind, ref FROM activity')) {
    const name = `${row['kind']} ${toId(row['ref'])} of ${toId(row['profile_id'])} at ${row['at'].getTime()}`
    if (!wanted.delete(name)) findings.note('doubled', `activity ${name}`)
  }
  for (const name of wanted) findings.note('lost', `activity ${name}`)
}

async function checkIdentities(
  stand: Stand,
  expected: Expected,
  profiles: Profiles,
  findings: Findings,
): Promise<void> {
  const rows = await stand.rows(
    'SELECT kind, value_hash, value, profile_id, original_profile_id, first_seen_at, joins FROM profile_identity',
  )
  const wanted = new Map(expected.identities.map((identity) => [`${identity.kind} ${identity.hash}`, identity]))
  for (const row of rows) {
    const name = `${row['kind']} ${row['value_hash'].toString('hex')}`
    const identity = wanted.get(name)
    if (!identity) {
      findings.note('doubled', `identity ${row['kind']} ${row['value']}`)
      continue
    }
    wanted.delete(name)
    const what = `${row['kind']} ${identity.value}`
    findings.compare(`value of ${what}`, row['value'], identity.value)
    findings.compare(`owner of ${what}`, idOf(row['profile_id']), profiles.profileOf.get(identity.person))
    if (!profiles.canonical.has(toId(row['original_profile_id'])))
      findings.note('wrong', `first owner of ${what} is unknown`)
    if (identity.firstSeenAt !== undefined)
      findings.compare(`first_seen_at of ${what}`, row['first_seen_at'].getTime(), identity.firstSeenAt)
  }
  for (const identity of wanted.values()) findings.note('lost', `identity ${identity.kind} ${identity.value}`)
}

async function checkSessions(
  stand: Stand,
  { sessions }: Expected,
  profiles: Profiles,
  findings: Findings,
): Promise<void> {
  const wanted = new Map(sessions)
  const rows = await stand.rows(
    'SELECT id, profile_id, original_profile_id, source_id, started_at, last_event_at, events, locale FROM session',
  )
  for (const row of rows) {
    const id = toId(row['id'])
    const session = wanted.get(id)
    if (!session) {
      findings.note('doubled', `session ${id}`)
      continue
    }
    wanted.delete(id)
    const profile = profiles.profileOf.get(session.person)
    findings.compare(`profile of session ${id}`, idOf(row['profile_id']), profile)
    findings.compare(
      `original profile of session ${id}`,
      profiles.canonical.get(idOf(row['original_profile_id']) ?? ''),
      profile,
    )
    findings.compare(`source of session ${id}`, row['source_id'], 'site')
    findings.compare(`started_at of session ${id}`, row['started_at'].getTime(), session.startedAt)
    findings.compare(`last_event_at of session ${id}`, row['last_event_at'].getTime(), session.lastEventAt)
    findings.compare(`events of session ${id}`, row['events'], session.events)
    findings.compare(`locale of session ${id}`, row['locale'], session.locale)
  }
  for (const id of wanted.keys()) findings.note('lost', `session ${id}`)
}

async function checkKeys(
  stand: Stand,
  { events }: Scenario,
  stored: Map<string, StoredEvent>,
  findings: Findings,
): Promise<void> {
  const rows = await stand.rows('SELECT message_time, key_hash, event_id FROM event_key')
  const wanted = new Map(
    events.map((event): [string, ScenarioEvent] => {
      const hash = createHash('sha256').update(`${event.source}\0${event.key}`).digest('hex').slice(0, 32)
      return [`${Math.floor(event.occurredAt / 1000)} ${hash}`, event]
    }),
  )
  for (const row of rows) {
    const name = `${row['message_time']} ${row['key_hash'].toString('hex')}`
    const event = wanted.get(name)
    if (!event) {
      findings.note('doubled', `claimed id ${name}`)
      continue
    }
    wanted.delete(name)
    const saved = stored.get(event.key)
    if (saved) findings.compare(`event that claimed ${event.key}`, idOf(row['event_id']), saved.id)
  }
  for (const event of wanted.values()) findings.note('lost', `claim of ${event.key}`)
}

function idOf(bytes: Buffer | null): string | undefined {
  return bytes === null ? undefined : toId(bytes)
}
