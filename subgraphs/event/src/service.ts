// The event subgraph: what happened, where it comes from, what is known of its types, and what waits or failed.
import { isId } from '@segue/database'
import { startSubgraph, type RunningSubgraph, type SubgraphConfig, type SubgraphDefinition } from '@segue/graphql'
import { DeadLetterMutations } from './dead-letter/dead-letter.mutations.js'
import { DeadLetterResolver } from './dead-letter/dead-letter.resolver.js'
import { EventResolver } from './event/event.resolver.js'
import { ProfileEventsResolver } from './event/profile-events.resolver.js'
import { EventSchemaMutations } from './event-schema/event-schema.mutations.js'
import { EventTypeMutations } from './event-type/event-type.mutations.js'
import { EventTypeResolver } from './event-type/event-type.resolver.js'
import { EventReceivedResolver } from './live/event-received.js'
import { InboxResolver } from './inbox/inbox.resolver.js'
import { eventLoaders, type EventLoaders } from './loaders.js'
import { EventSourceMutations } from './source/event-source.mutations.js'
import { EventSourceResolver } from './source/event-source.resolver.js'

export const definition: SubgraphDefinition<EventLoaders> = {
  name: 'event',
  resolvers: [
    EventResolver,
    ProfileEventsResolver,
    EventSourceResolver,
    EventSourceMutations,
    EventTypeResolver,
    EventTypeMutations,
    EventSchemaMutations,
    DeadLetterResolver,
    DeadLetterMutations,
    InboxResolver,
    EventReceivedResolver,
  ],
  references: {
    Event: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.event.load(id) : null),
    EventSource: async ({ id }, { loaders }) => loaders.source.load(String(id)),
    EventType: async ({ id }, { loaders }) => loaders.type.load(String(id)),
    // Whether the profile exists is the profile subgraph's to say.
    Profile: async ({ id }) => (typeof id === 'string' && isId(id) ? { id } : null),
  },
  loaders: eventLoaders,
}

/** Starts it. Rejects when its database cannot be reached or its port is taken. */
export function start(config: SubgraphConfig): Promise<RunningSubgraph> {
  return startSubgraph(definition, config)
}
