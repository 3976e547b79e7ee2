// What a request loads once, however many fields ask for it.
import { Segment } from '@segue/database'
import type { MutationContext, SubgraphContext } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource } from 'typeorm'
import { countMembers } from './sql/count-members.js'
import { memberPages, type Member, type MemberPageRequest } from './sql/find-members.js'
import { findSegmentsOfProfiles } from './sql/find-segments-of-profiles.js'

export interface SegmentLoaders {
  /** null: no such segment. */
  segment: DataLoader<string, Segment | null>
  memberCount: DataLoader<string, number>
  segmentIdsOfProfile: DataLoader<string, readonly string[]>
  /** A page of a segment's members. */
  memberPage: DataLoader<MemberPageRequest, Member[]>
}

export type SegmentContext = SubgraphContext<SegmentLoaders>
export type SegmentMutationContext = MutationContext<SegmentLoaders>

export function segmentLoaders(database: DataSource): SegmentLoaders {
  return {
    segment: new DataLoader(async (ids) => {
      const found = new Map(
        (await database.getRepository(Segment).findBy({ id: In([...ids]) })).map((segment) => [segment.id, segment]),
      )
      return ids.map((id) => found.get(id) ?? null)
    }),
    memberCount: new DataLoader(async (ids) => {
      const counts = await countMembers(database, ids)
      return ids.map((id) => counts.get(id) ?? 0)
    }),
    segmentIdsOfProfile: new DataLoader(async (ids) => {
      const segments = await findSegmentsOfProfiles(database, ids)
      return ids.map((id) => segments.get(id) ?? [])
    }),
    memberPage: new DataLoader((requests) => memberPages(database, requests)),
  }
}
