// Changes to who is in a segment.
import type { Segment } from '@segue/database'
import { readId, Right } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import { TooManyProfiles } from './errors.js'
import { findSegment } from './find-segment.js'
import type { SegmentMutationContext } from './loaders.js'
import { SegmentProfilesInput, SegmentProfilesPayload } from './segment-inputs.js'
import { addMembers, removeMembers } from './sql/change-members.js'
import { tellSegment } from './sql/tell-segment.js'

/** Profiles a call: one statement of 50 kB, a few milliseconds. */
const MAX_PROFILES = 1000

@Right('segments.write')
@Resolver()
export class MemberMutations {
  @Mutation(() => SegmentProfilesPayload, {
    nullable: true,
    description: 'Puts profiles into a segment; those that are in it stay as they are.',
  })
  async addProfilesToSegment(
    @Arg('input', () => SegmentProfilesInput, { description: 'Which segment, and who.' }) input: SegmentProfilesInput,
    @Ctx() { transaction, audit }: SegmentMutationContext,
  ): Promise<SegmentProfilesPayload> {
    const { segment, profileIds } = await readMembers(transaction, input)
    const changed = await addMembers(transaction, segment.id, profileIds)
    if (changed > 0) await tellSegment(transaction, segment.id)
    audit({
      action: 'segment.add-profiles',
      subject: { type: 'Segment', id: segment.id },
      after: { profileIds, changed },
    })
    return { segment, changed }
  }

  @Mutation(() => SegmentProfilesPayload, { nullable: true, description: 'Takes profiles out of a segment.' })
  async removeProfilesFromSegment(
    @Arg('input', () => SegmentProfilesInput, { description: 'Which segment, and who.' }) input: SegmentProfilesInput,
    @Ctx() { transaction, audit }: SegmentMutationContext,
  ): Promise<SegmentProfilesPayload> {
    const { segment, profileIds } = await readMembers(transaction, input)
    const changed = await removeMembers(transaction, segment.id, profileIds)
    if (changed > 0) await tellSegment(transaction, segment.id)
    audit({
      action: 'segment.remove-profiles',
      subject: { type: 'Segment', id: segment.id },
      after: { profileIds, changed },
    })
    return { segment, changed }
  }
}

async function readMembers(
  transaction: EntityManager,
  { segmentId, profileIds }: SegmentProfilesInput,
): Promise<{ segment: Segment; profileIds: string[] }> {
  if (profileIds.length > MAX_PROFILES) {
    throw TooManyProfiles({ limit: MAX_PROFILES, count: profileIds.length }, ['input', 'profileIds'])
  }
  const ids = profileIds.map((id, index) => readId(id, ['input', 'profileIds', String(index)]))
  const path = ['input', 'segmentId']
  return { segment: await findSegment(transaction, readId(segmentId, path), path), profileIds: ids }
}
