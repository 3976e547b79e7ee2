// Queries for profiles, and what hangs on one.
import type { JsonObject } from '@segue/event-model'
import {
  Right,
  connectionType,
  Count,
  GraphQLJSONObject,
  readId,
  type Connection,
  type SubgraphContext,
} from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { readDocument } from '../document/document-field.js'
import { ProfileData } from '../document/profile-data.js'
import { findProfileId } from '../identity/find-profile.js'
import { Identity } from '../identity/identity.js'
import type { ProfileLoaders } from '../loaders.js'
import { countProfiles } from '../sql/count-profiles.js'
import { conditionsOf, findProfiles } from './find-profiles.js'
import { ProfileFilter, ProfilesArguments } from './profile-arguments.js'
import { partOf, Profile } from './profile.js'

const ProfileConnection = connectionType(Profile, 'Profile')

type Context = SubgraphContext<ProfileLoaders>

@Right('profiles.read')
@Resolver(() => Profile)
export class ProfileResolver {
  @Query(() => Profile, { nullable: true, description: 'A profile by its id; an id that a merge retired answers too.' })
  profile(
    @Arg('id', () => ID, { description: 'An id or an alias.' }) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<Profile | null> {
    return loaders.profile.load(readId(id))
  }

  @Query(() => Profile, {
    nullable: true,
    description: 'The profile that is known by a value; null when nobody is. Needs the right personal.read.',
  })
  async profileByIdentity(
    @Arg('kind', () => String, { description: 'The kind of identity, such as `email` or `customer`.' }) kind: string,
    @Arg('value', () => String, { description: 'The value; normalized as its kind says.' }) value: string,
    @Ctx() { database, loaders, personal }: Context,
  ): Promise<Profile | null> {
    personal.require(['value'])
    const id = await findProfileId(database, kind, value)
    return id === null ? null : loaders.profile.load(id)
  }

  @Query(() => ProfileConnection, {
    nullable: true,
    description: 'Profiles, the newest first, or what a search finds.',
  })
  profiles(
    @Args(() => ProfilesArguments) args: ProfilesArguments,
    @Ctx() context: Context,
  ): Promise<Connection<Profile>> {
    return findProfiles(args, context)
  }

  @Query(() => Count, { nullable: true, description: 'How many profiles there are; looks at a million at most.' })
  profileCount(
    @Arg('filter', () => ProfileFilter, { nullable: true, description: 'Which profiles.' })
    filter: ProfileFilter | null,
    @Ctx() { database }: Context,
  ): Promise<Count> {
    return countProfiles(database, conditionsOf(filter))
  }

  @FieldResolver(() => ProfileData, { description: 'The typed documents: who the person is, how reached, what liked.' })
  data(@Root() profile: Profile): ProfileData {
    const raw = partOf(profile, 'data')
    return Object.assign(readDocument(ProfileData, raw), { raw })
  }

  @FieldResolver(() => GraphQLJSONObject, { description: 'Free fields that events and workflows wrote.' })
  traits(@Root() profile: Profile): JsonObject {
    return partOf(profile, 'traits')
  }

  @FieldResolver(() => GraphQLJSONObject, { description: 'Interests, each with its weight.' })
  interests(@Root() profile: Profile): JsonObject {
    return partOf(profile, 'interests')
  }

  @FieldResolver(() => GraphQLJSONObject, { description: 'Consents by their names.' })
  consents(@Root() profile: Profile): JsonObject {
    return partOf(profile, 'consents')
  }

  @FieldResolver(() => GraphQLJSONObject, { description: 'What is counted and summed; a merge adds it up.' })
  counters(@Root() profile: Profile): JsonObject {
    return partOf(profile, 'counters')
  }

  @FieldResolver(() => GraphQLJSONObject, { description: 'What workflows remember between runs.' })
  aux(@Root() profile: Profile): JsonObject {
    return partOf(profile, 'aux')
  }

  @FieldResolver(() => [Identity], { description: 'By what the person is known, the first stated first.' })
  identities(@Root() { id }: Profile, @Ctx() { loaders }: Context): Promise<Identity[]> {
    return loaders.identities.load(id)
  }

  @FieldResolver(() => [ID], { description: 'Ids of the profiles that were merged into this one.' })
  aliases(@Root() { id }: Profile, @Ctx() { loaders }: Context): Promise<string[]> {
    return loaders.aliases.load(id)
  }
}
