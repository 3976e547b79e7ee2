// Changes to segments.
import { Segment, SegmentMembership } from '@segue/database'
import { asPayload, readId, Right, saveVersion } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { QueryFailedError } from 'typeorm'
import { SegmentNameTaken, SegmentNotFound, StaleSegment } from './errors.js'
import { findSegment } from './find-segment.js'
import type { SegmentMutationContext } from './loaders.js'
import {
  CreateSegmentInput,
  DeleteSegmentInput,
  DeleteSegmentPayload,
  SegmentPayload,
  UpdateSegmentInput,
} from './segment-inputs.js'
import { tellSegment } from './sql/tell-segment.js'

@Right('segments.write')
@Resolver()
export class SegmentMutations {
  @Mutation(() => SegmentPayload, { nullable: true, description: 'Makes a segment with nobody in it.' })
  async createSegment(
    @Arg('input', () => CreateSegmentInput, { description: 'What it is to be.' }) input: CreateSegmentInput,
    @Ctx() { transaction, audit }: SegmentMutationContext,
  ): Promise<SegmentPayload> {
    const now = new Date()
    const segment: Segment = {
      id: randomUUID(),
      name: input.name.trim(),
      description: input.description ?? '',
      kind: 'static',
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await refuseTakenName(segment.name, transaction.getRepository(Segment).insert(segment))
    audit({ action: 'segment.create', subject: { type: 'Segment', id: segment.id }, after: segment })
    return { segment }
  }

  @Mutation(() => SegmentPayload, { nullable: true, description: 'Changes a segment’s name or description.' })
  async updateSegment(
    @Arg('input', () => UpdateSegmentInput, { description: 'Which one, and what changes.' }) input: UpdateSegmentInput,
    @Ctx() { transaction, audit }: SegmentMutationContext,
  ): Promise<SegmentPayload> {
    const { version, name, description } = input
    const id = readId(input.id, ['input', 'id'])
    const changes = {
      ...(name != null ? { name: name.trim() } : {}),
      ...(description != null ? { description } : {}),
    }
    const saved = await refuseTakenName(name ?? '', saveVersion(transaction, Segment, id, version, changes))
    if (!saved) throw SegmentNotFound({ id }, ['input', 'id'])
    const { now: segment, stale } = saved
    if (stale) return { segment, userErrors: [asPayload(StaleSegment({ version }, ['input', 'version']), stale)] }
    await tellSegment(transaction, id)
    audit({ action: 'segment.update', subject: { type: 'Segment', id }, before: saved.before, after: segment })
    return { segment }
  }

  @Mutation(() => DeleteSegmentPayload, { nullable: true, description: 'Removes a segment. Its profiles stay.' })
  async deleteSegment(
    @Arg('input', () => DeleteSegmentInput, { description: 'Which one.' }) input: DeleteSegmentInput,
    @Ctx() { transaction, audit }: SegmentMutationContext,
  ): Promise<DeleteSegmentPayload> {
    const id = readId(input.id, ['input', 'id'])
    const segment = await findSegment(transaction, id, ['input', 'id'])
    await transaction.getRepository(Segment).delete({ id })
    await transaction.getRepository(SegmentMembership).delete({ segmentId: id })
    await tellSegment(transaction, id)
    audit({ action: 'segment.delete', subject: { type: 'Segment', id }, before: segment })
    return { deletedId: id }
  }
}

/** Names are unique by the table's key, whoever comes first. */
async function refuseTakenName<Result>(name: string, write: Promise<Result>): Promise<Result> {
  try {
    return await write
  } catch (error) {
    if (error instanceof QueryFailedError && error.driverError.code === 'ER_DUP_ENTRY') {
      throw SegmentNameTaken({ name }, ['input', 'name'])
    }
    throw error
  }
}
