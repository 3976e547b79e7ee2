// The profile subgraph: persons, by what they are known, and their sessions.
import { isId } from '@segue/database'
import { startSubgraph, type RunningSubgraph, type SubgraphConfig, type SubgraphDefinition } from '@segue/graphql'
import { createLoaders, type ProfileLoaders } from './loaders.js'
import { ProfileChangedResolver } from './live/profile-changed.js'
import { PersonalFieldResolver } from './personal-field/personal-field.resolver.js'
import { ProfileResolver } from './profile/profile.resolver.js'
import { ProfileSessionsResolver, SessionResolver } from './session/session.resolver.js'
import { TimelineResolver } from './timeline/timeline.resolver.js'

export const definition: SubgraphDefinition<ProfileLoaders> = {
  name: 'profile',
  resolvers: [
    ProfileResolver,
    ProfileSessionsResolver,
    SessionResolver,
    TimelineResolver,
    PersonalFieldResolver,
    ProfileChangedResolver,
  ],
  references: {
    Profile: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.profile.load(id) : null),
    Session: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.session.load(id) : null),
  },
  loaders: createLoaders,
}

/** Starts it. Rejects when its database cannot be reached or its port is taken. */
export function start(config: SubgraphConfig): Promise<RunningSubgraph> {
  return startSubgraph(definition, config)
}
