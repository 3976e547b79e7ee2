// The pages of the list of profiles and of a search among them.
import {
  BadCursor,
  decodeCursor,
  readPageRequest,
  sqlPage,
  type Connection,
  type Keyset,
  type SubgraphContext,
} from '@segue/graphql'
import { toId } from '@segue/database'
import { identitiesOf } from '../identity/find-profile.js'
import type { ProfileLoaders } from '../loaders.js'
import { listProfiles, NEWEST_PROFILES } from '../sql/list-profiles.js'
import type { ProfileConditions } from '../sql/profile-conditions.js'
import { foundPosition, searchProfiles, type FoundProfile } from '../sql/search-profiles.js'
import type { ProfileFilter, ProfilesArguments } from './profile-arguments.js'
import type { Profile } from './profile.js'

/**
 * A search's results are ordered by what was found, then by its value, then by id. The cursor leaves the value out, which is somebody's name or address: it
 * is read again from the profile.
 */
const FOUND_PROFILES: Keyset<FoundProfile> = {
  keys: [
    { column: 'found', kind: 'number', of: (profile) => profile.found },
    { column: 'id', kind: 'id', of: (profile) => profile.id },
  ],
}

/** A page of profiles, newest first, or of what a search finds. Throws BAD_CURSOR, BAD_PAGE and, for a search, PERSONAL_DATA. */
export async function findProfiles(
  args: ProfilesArguments,
  { database, loaders, personal }: SubgraphContext<ProfileLoaders>,
): Promise<Connection<Profile>> {
  const filter = conditionsOf(args.filter)
  const text = args.search?.trim() ?? ''
  if (text !== '') personal.require(['search'])
  if (text !== '') return await loaded(await search(text, filter, args, database), loaders)
  const page = sqlPage(NEWEST_PROFILES, args)
  return await loaded(page.connection(await listProfiles(database, filter, page)), loaders)
}

async function search(
  text: string,
  filter: ProfileConditions,
  args: ProfilesArguments,
  database: SubgraphContext['database'],
): Promise<Connection<FoundProfile>> {
  const { backward, cursor } = readPageRequest(args)
  const { limit, connection } = sqlPage(FOUND_PROFILES, args)
  const after = cursor === undefined ? undefined : await positionOf(database, cursor, backward ? 'before' : 'after')
  const identities = await identitiesOf(database, text)
  return connection(await searchProfiles(database, { text, identities, filter, limit, backward, after }))
}

/** Where a page of a search goes on. Throws BAD_CURSOR, also for a profile that was merged into another meanwhile. */
async function positionOf(
  database: SubgraphContext['database'],
  cursor: string,
  argument: string,
): Promise<FoundProfile> {
  const [found, id] = decodeCursor(cursor, ['number', 'id'], argument)
  const position = Buffer.isBuffer(id) ? await foundPosition(database, Number(found), toId(id)) : undefined
  if (!position) throw BadCursor({}, [argument])
  return position
}

/** The same page with its profiles; one that was merged between the two reads is left out. */
async function loaded(page: Connection<{ id: string }>, loaders: ProfileLoaders): Promise<Connection<Profile>> {
  const profiles = await loaders.profile.loadMany(page.edges.map((edge) => edge.node.id))
  const edges = page.edges.flatMap(({ node: { id }, cursor }, index) => {
    const profile = profiles[index]
    if (profile instanceof Error) throw profile
    return profile?.id === id ? [{ node: profile, cursor }] : []
  })
  return { edges, pageInfo: page.pageInfo }
}

/** GraphQL says null where nothing is said. */
export function conditionsOf(filter: ProfileFilter | null | undefined): ProfileConditions {
  return {
    identified: filter?.identified ?? undefined,
    hasEmail: filter?.hasEmail ?? undefined,
    hasPhone: filter?.hasPhone ?? undefined,
    seenAfter: filter?.seenAfter ?? undefined,
    seenBefore: filter?.seenBefore ?? undefined,
  }
}
