// Step 7, save: every effect of the batch in a few set-based statements, in the lock order that all workers keep.
import type { InboxResult } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'
import { surviving, type Batch, type WorkingEvent, type WorkingProfile } from './batch.js'
import type { Configuration } from './configuration.js'
import { isIdentified } from './identify/merge-profiles.js'
import { readField } from './merge.js'
import { sessionsOf } from './sessions.js'
import { saveRuns } from './runs/save-runs.js'
import { personOf } from './runs/execute.js'
import { insertActivity, insertEvents, type ActivityRow } from './sql/event.js'
import { upsertIdentities } from './sql/identity.js'
import { insertResults } from './sql/inbox-result.js'
import { insertProfiles, retireProfiles, updateProfiles, type ProfileRow } from './sql/profile.js'
import { upsertSessions } from './sql/session.js'

export async function save(tx: Connection, batch: Batch, configuration: Configuration): Promise<void> {
  await saveProfiles(tx, batch)
  await upsertIdentities(
    tx,
    [...batch.identities.values()].flatMap((identity) =>
      identity.changed && identity.owner ? [{ ...identity, owner: identity.owner }] : [],
    ),
  )
  await upsertSessions(tx, sessionsOf(batch))
  const stored = batch.events.filter((event) => !event.envelope.transient)
  await insertEvents(tx, stored, configuration.eventTypes)
  await insertActivity(tx, activityOf(batch))
  await insertResults(tx, resultsOf(batch), batch.now)
  await saveRuns(tx, batch)
}

export async function saveProfiles(tx: Connection, batch: Batch): Promise<void> {
  const living = [...batch.profiles.values()].filter(
    (profile) => !profile.mergedInto && (profile.changed || profile.isNew),
  )
  living.sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = living.map((profile) => ({ isNew: profile.isNew, row: profileRow(profile, batch) }))
  await insertProfiles(
    tx,
    rows.flatMap(({ isNew, row }) => (isNew ? [row] : [])),
    batch.now,
  )
  await updateProfiles(
    tx,
    rows.flatMap(({ isNew, row }) => (isNew ? [] : [row])),
    batch.now,
  )
  await retireProfiles(
    tx,
    batch.retired.flatMap((alias) => {
      const profile = batch.aliases.get(alias)
      return profile
        ? [{ alias, profile: surviving(profile).bytes, wasStored: batch.profiles.get(alias)?.isNew === false }]
        : []
    }),
    batch.now,
  )
}

function profileRow(profile: WorkingProfile, batch: Batch): ProfileRow {
  const text = (path: string): string | null => {
    const value = readField(profile, path)
    return typeof value === 'string' && value !== '' ? value : null
  }
  const fullName = [text('data.pii.firstname'), text('data.pii.lastname')].filter(Boolean).join(' ')
  return {
    profile,
    identified: isIdentified(profile, batch.rules),
    displayName: text('data.pii.display_name') ?? (fullName || text('traits.name')),
    email: text('data.contact.email.main') ?? text('traits.email'),
    phone: text('data.contact.phone.main') ?? text('traits.phone'),
  }
}

/** New events and new runs on their people's timelines. */
export function activityOf(batch: Batch): ActivityRow[] {
  const runs = batch.runs.flatMap((run): ActivityRow[] => {
    const profile = personOf(run)
    return run.isNew && profile ? [{ profile: profile.bytes, at: run.run.startedAt, kind: 'run', ref: run.id }] : []
  })
  const events = batch.events.flatMap(({ profile, envelope, bytes }): ActivityRow[] =>
    profile && !envelope.transient
      ? [{ profile: surviving(profile).bytes, at: envelope.occurredAt, kind: 'event', ref: bytes }]
      : [],
  )
  return [...runs, ...events]
}

function resultsOf(batch: Batch): { eventId: string; result: InboxResult }[] {
  return batch.events
    .filter((event) => event.envelope.awaitsResult)
    .map((event) => ({ eventId: event.envelope.eventId, result: resultOf(event, batch) }))
}

function resultOf(event: WorkingEvent, batch: Batch): InboxResult {
  const { profile, response, ux, runs, problems, envelope } = event
  return {
    ...(profile && mayHearId(event, surviving(profile), batch) ? { profileId: surviving(profile).id } : {}),
    ...(envelope.session ? { sessionId: envelope.session.id } : {}),
    response,
    ux,
    errors: runs.flatMap(({ error }) => (error ? [error.message] : [])),
    warnings: problems.map((problem) => problem.message),
  }
}

/**
 * Whether the client may be told the id: whoever holds one speaks for its profile. A browser hears it only when the id that it holds leads there;
 * else anybody could state somebody's e-mail address and be answered the key to that person's profile.
 */
function mayHearId({ envelope }: WorkingEvent, profile: WorkingProfile, { profiles, aliases }: Batch): boolean {
  if (envelope.trusted) return true
  const held = envelope.profileId?.toLowerCase()
  const own = held === undefined ? undefined : (profiles.get(held) ?? aliases.get(held))
  return own !== undefined && surviving(own) === profile
}
