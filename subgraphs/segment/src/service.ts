// The segment subgraph: segments and who is in them.
import {
  readId,
  startSubgraph,
  type RunningSubgraph,
  type SubgraphConfig,
  type SubgraphDefinition,
} from '@segue/graphql'
import { SegmentSizeChangedResolver } from './live/segment-size-changed.js'
import { segmentLoaders, type SegmentLoaders } from './loaders.js'
import { MemberMutations } from './member-mutations.js'
import { ProfileResolver } from './profile.js'
import { SegmentMutations } from './segment-mutations.js'
import { SegmentResolver } from './segment-resolver.js'

export const definition: SubgraphDefinition<SegmentLoaders> = {
  name: 'segment',
  resolvers: [SegmentResolver, SegmentMutations, MemberMutations, ProfileResolver, SegmentSizeChangedResolver],
  references: {
    Segment: ({ id }, { loaders }) => loaders.segment.load(readId(String(id))),
    // Whether the profile exists is the profile subgraph's to say.
    Profile: async ({ id }) => ({ id: readId(String(id)) }),
  },
  loaders: segmentLoaders,
}

export async function start(config: SubgraphConfig): Promise<RunningSubgraph> {
  return await startSubgraph(definition, config)
}
