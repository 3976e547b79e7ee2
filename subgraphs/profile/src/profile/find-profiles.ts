// The pages of the list of profiles and of a search among them.
import {
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
import { searchProfiles, type FoundProfile } from '../sql/search-profiles.js'
import type { ProfileFilter, ProfilesArguments } from './profile-arguments.js'
import type { Profile } from './profile.js'

/** The order of a search: by what was found, then by its value. */
const FOUND_PROFILES: Keyset<FoundProfile> = {
  keys: [
    { column: 'found', kind: 'number', of: (profile) => profile.found },
    { column: 'value', kind: 'text', of: (profile) => profile.value },
    { column: 'id', kind: 'id', of: (profile) => profile.id },
  ],
}

/** A page of profiles, newest first, or of what a search finds. Throws BAD_CURSOR and BAD_PAGE. */
export async function findProfiles(
  args: ProfilesArguments,
  { database, loaders }: SubgraphContext<ProfileLoaders>,
): Promise<Connection<Profile>> {
  const filter = conditionsOf(args.filter)
  const text = args.search?.trim() ?? ''
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
  const after = cursor === undefined ? undefined : positionOf(cursor, backward ? 'before' : 'after')
  const identities = await identitiesOf(database, text)
  return connection(await searchProfiles(database, { text, identities, filter, limit, backward, after }))
}

function positionOf(cursor: string, argument: string): FoundProfile {
  const [found, value, id] = decodeCursor(cursor, ['number', 'text', 'id'], argument)
  return { found: Number(found), value: String(value), id: Buffer.isBuffer(id) ? toId(id) : '' }
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
