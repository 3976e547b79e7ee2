// What resolvers read, gathered over a request: each loader turns the loads of one moment into a few statements.
import {
  activityPages,
  Profile as ProfileRow,
  ProfileAlias,
  ProfileIdentity,
  resolveAliases,
  Session as SessionRow,
  type ActivityEntry,
  type ActivityRequest,
} from '@segue/database'
import type { PersonalData } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource } from 'typeorm'
import { toIdentity, type Identity } from './identity/identity.js'
import { toProfile, type Profile } from './profile/profile.js'
import { toSession, type Session } from './session/session.js'
import { sessionPages, type SessionPosition, type SessionRequest } from './sql/session-pages.js'

export type ProfileLoaders = ReturnType<typeof createLoaders>

/** New loaders over a database, for one request; what they read of personal data is masked by `personal`. */
export function createLoaders(
  database: DataSource,
  personal: PersonalData,
): {
  /** By id or alias; the canonical profile, null when there is none. */
  profile: DataLoader<string, Profile | null>
  /** By canonical profile id. */
  aliases: DataLoader<string, string[]>
  /** By canonical profile id. */
  identities: DataLoader<string, Identity[]>
  session: DataLoader<string, Session | null>
  /** A page of a profile's sessions. */
  sessions: DataLoader<SessionRequest, SessionPosition[]>
  /** A page of a profile's activity. */
  activity: DataLoader<ActivityRequest, ActivityEntry[]>
} {
  return {
    profile: new DataLoader((ids) => loadProfiles(database, personal, ids)),
    aliases: new DataLoader(async (ids) => {
      const rows = await database.getRepository(ProfileAlias).find({
        where: { profileId: In(ids) },
        order: { createdAt: 'ASC', aliasId: 'ASC' },
      })
      return ids.map((id) => rows.filter((row) => row.profileId === id).map((row) => row.aliasId))
    }),
    identities: new DataLoader(async (ids) => {
      const rows = await database.getRepository(ProfileIdentity).find({
        where: { profileId: In(ids) },
        // Not by value: its place would tell something of it.
        order: { firstSeenAt: 'ASC', kind: 'ASC', valueHash: 'ASC' },
      })
      return ids.map((id) => rows.filter((row) => row.profileId === id).map((row) => toIdentity(row, personal)))
    }),
    session: new DataLoader(async (ids) => {
      const rows = await database.getRepository(SessionRow).findBy({ id: In(ids) })
      const byId = new Map(rows.map((row) => [row.id, toSession(row, personal)]))
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),
    sessions: new DataLoader((requests) => sessionPages(database, requests)),
    activity: new DataLoader((requests) => activityPages(database, requests)),
  }
}

/** One statement when every id is a profile's own; two more for those that may be aliases. */
async function loadProfiles(
  database: DataSource,
  personal: PersonalData,
  ids: readonly string[],
): Promise<(Profile | null)[]> {
  const wanted = ids.map((id) => id.toLowerCase())
  const found = await findProfiles(database, personal, wanted)
  const missing = wanted.filter((id) => !found.has(id))
  if (missing.length > 0) {
    const canonical = await resolveAliases(database, missing)
    const behind = await findProfiles(
      database,
      personal,
      canonical.filter((id, index) => id !== missing[index]),
    )
    missing.forEach((id, index) => {
      const profile = behind.get(canonical[index] ?? id)
      if (profile) found.set(id, profile)
    })
  }
  return wanted.map((id) => found.get(id) ?? null)
}

async function findProfiles(
  database: DataSource,
  personal: PersonalData,
  ids: readonly string[],
): Promise<Map<string, Profile>> {
  if (ids.length === 0) return new Map()
  const rows = await database.getRepository(ProfileRow).find({
    where: { id: In(ids) },
    select: {
      id: true,
      createdAt: true,
      updatedAt: true,
      firstSeenAt: true,
      lastSeenAt: true,
      identified: true,
      displayName: true,
      email: true,
      phone: true,
      document: true,
    },
  })
  return new Map(rows.map((row) => [row.id, personal.profile(toProfile(row))]))
}
