// Queries for sessions, those of a profile, and whose one is.
import { toId } from '@segue/database'
import {
  Right,
  connectionType,
  ConnectionArgs,
  decodeCursor,
  readId,
  readPageRequest,
  sqlPage,
  type Connection,
  type Keyset,
  type SubgraphContext,
} from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { ProfileLoaders } from '../loaders.js'
import { Profile } from '../profile/profile.js'
import type { SessionPosition } from '../sql/session-pages.js'
import { Session } from './session.js'

const SessionConnection = connectionType(Session, 'Session')

const NEWEST_SESSIONS: Keyset<SessionPosition> = {
  keys: [
    { column: 'started_at', kind: 'time', of: (session) => session.startedAt },
    { column: 'id', kind: 'id', of: (session) => session.id },
  ],
  descending: true,
}

type Context = SubgraphContext<ProfileLoaders>

@Right('profiles.read')
@Resolver(() => Session)
export class SessionResolver {
  @Query(() => Session, { nullable: true, description: 'A session by its id.' })
  session(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<Session | null> {
    return loaders.session.load(readId(id))
  }

  @FieldResolver(() => Profile, { nullable: true, description: 'Who it was; null for nobody that is kept.' })
  async profile(@Root() { profileId }: Session, @Ctx() { loaders }: Context): Promise<Profile | null> {
    return profileId === null ? null : loaders.profile.load(profileId)
  }
}

@Right('profiles.read')
@Resolver(() => Profile)
export class ProfileSessionsResolver {
  @FieldResolver(() => SessionConnection, { description: 'Stays of the person, the newest first.' })
  async sessions(
    @Root() { id }: Profile,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Connection<Session>> {
    const { backward, cursor } = readPageRequest(args)
    const { limit, connection } = sqlPage(NEWEST_SESSIONS, args)
    const after = cursor === undefined ? undefined : positionOf(cursor, backward ? 'before' : 'after')
    const page = connection(await loaders.sessions.load({ profileId: id, limit, oldestFirst: backward, after }))
    const sessions = await loaders.session.loadMany(page.edges.map((edge) => edge.node.id))
    const edges = page.edges.flatMap((edge, index) => {
      const session = sessions[index]
      if (session instanceof Error) throw session
      return session ? [{ node: session, cursor: edge.cursor }] : []
    })
    return { edges, pageInfo: page.pageInfo }
  }
}

function positionOf(cursor: string, argument: string): SessionPosition {
  const [startedAt, id] = decodeCursor(cursor, ['time', 'id'], argument)
  return { startedAt: new Date(Number(startedAt)), id: Buffer.isBuffer(id) ? toId(id) : '' }
}
