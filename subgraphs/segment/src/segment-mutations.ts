// Changes to segments and to who is in them.
import { Segment, SegmentMembership } from '@segue/database'
import { asPayload, MutationInput, MutationPayload, readId } from '@segue/graphql'
import { Length, MaxLength } from 'class-validator'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { QueryFailedError, type DataSource } from 'typeorm'
import { SegmentNameTaken, SegmentNotFound, StaleSegment, TooManyProfiles } from './errors.js'
import type { SegmentContext } from './loaders.js'
import { SegmentNode } from './segment.js'
import { addMembers, removeMembers } from './sql/change-members.js'

/** Profiles a call: one statement of 50 kB, a few milliseconds. */
const MAX_PROFILES = 1000

@InputType()
class CreateSegmentInput extends MutationInput {
  @Field(() => String)
  @Length(1, 160)
  name!: string

  @Field(() => String, { nullable: true })
  @MaxLength(2000)
  description?: string | null
}

@InputType()
class UpdateSegmentInput extends MutationInput {
  @Field(() => ID)
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @Field(() => String, { nullable: true })
  @Length(1, 160)
  name?: string | null

  @Field(() => String, { nullable: true })
  @MaxLength(2000)
  description?: string | null
}

@InputType()
class DeleteSegmentInput extends MutationInput {
  @Field(() => ID)
  id!: string
}

@InputType()
class SegmentProfilesInput extends MutationInput {
  @Field(() => ID)
  segmentId!: string

  @Field(() => [ID], { description: 'At most 1,000.' })
  profileIds!: string[]
}

@ObjectType()
class SegmentPayload extends MutationPayload {
  @Field(() => SegmentNode, { nullable: true })
  segment?: SegmentNode | null
}

@ObjectType()
class DeleteSegmentPayload extends MutationPayload {
  @Field(() => ID, { nullable: true })
  deletedId?: string | null
}

@ObjectType()
class SegmentProfilesPayload extends MutationPayload {
  @Field(() => SegmentNode, { nullable: true })
  segment?: SegmentNode | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many the call added or removed; the others were there, or gone, before.',
  })
  changed?: number | null
}

@Resolver()
export class SegmentMutations {
  @Mutation(() => SegmentPayload, { nullable: true })
  async createSegment(
    @Arg('input', () => CreateSegmentInput) { name, description }: CreateSegmentInput,
    @Ctx() { database }: SegmentContext,
  ): Promise<SegmentPayload> {
    const now = new Date()
    const segment: Segment = {
      id: randomUUID(),
      name: name.trim(),
      description: description ?? '',
      kind: 'static',
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await refuseTakenName(segment.name, database.getRepository(Segment).insert(segment))
    return { segment }
  }

  @Mutation(() => SegmentPayload, { nullable: true })
  async updateSegment(
    @Arg('input', () => UpdateSegmentInput) { id: given, version, name, description }: UpdateSegmentInput,
    @Ctx() { database }: SegmentContext,
  ): Promise<SegmentPayload> {
    const id = readId(given, ['input', 'id'])
    const changes = {
      ...(name != null ? { name: name.trim() } : {}),
      ...(description != null ? { description } : {}),
      updatedAt: new Date(),
      version: version + 1,
    }
    const segments = database.getRepository(Segment)
    const { affected } = await refuseTakenName(name ?? '', segments.update({ id, version }, changes))
    const segment = await findSegment(database, id, ['input', 'id'])
    return affected === 0
      ? { segment, userErrors: [asPayload(StaleSegment({ version }, ['input', 'version']))] }
      : { segment }
  }

  @Mutation(() => DeleteSegmentPayload, { nullable: true })
  async deleteSegment(
    @Arg('input', () => DeleteSegmentInput) input: DeleteSegmentInput,
    @Ctx() { database }: SegmentContext,
  ): Promise<DeleteSegmentPayload> {
    const id = readId(input.id, ['input', 'id'])
    await findSegment(database, id, ['input', 'id'])
    await database.transaction(async (tx) => {
      await tx.getRepository(Segment).delete({ id })
      await tx.getRepository(SegmentMembership).delete({ segmentId: id })
    })
    return { deletedId: id }
  }

  @Mutation(() => SegmentProfilesPayload, { nullable: true })
  async addProfilesToSegment(
    @Arg('input', () => SegmentProfilesInput) input: SegmentProfilesInput,
    @Ctx() { database }: SegmentContext,
  ): Promise<SegmentProfilesPayload> {
    const { segment, profileIds } = await readMembers(database, input)
    return { segment, changed: await addMembers(database, segment.id, profileIds) }
  }

  @Mutation(() => SegmentProfilesPayload, { nullable: true })
  async removeProfilesFromSegment(
    @Arg('input', () => SegmentProfilesInput) input: SegmentProfilesInput,
    @Ctx() { database }: SegmentContext,
  ): Promise<SegmentProfilesPayload> {
    const { segment, profileIds } = await readMembers(database, input)
    return { segment, changed: await removeMembers(database, segment.id, profileIds) }
  }
}

async function readMembers(
  database: DataSource,
  { segmentId, profileIds }: SegmentProfilesInput,
): Promise<{ segment: Segment; profileIds: string[] }> {
  if (profileIds.length > MAX_PROFILES) {
    throw TooManyProfiles({ limit: MAX_PROFILES, count: profileIds.length }, ['input', 'profileIds'])
  }
  const ids = profileIds.map((id, index) => readId(id, ['input', 'profileIds', String(index)]))
  const path = ['input', 'segmentId']
  return { segment: await findSegment(database, readId(segmentId, path), path), profileIds: ids }
}

async function findSegment(database: DataSource, id: string, path: readonly string[]): Promise<Segment> {
  const segment = await database.getRepository(Segment).findOneBy({ id })
  if (!segment) throw SegmentNotFound({ id }, path)
  return segment
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
