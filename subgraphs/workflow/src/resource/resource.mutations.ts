// Changes to resources. Their secrets go in and never come out.
import { Resource } from '@segue/database'
import {
  asPayload,
  GraphQLJSONObject,
  IsName,
  MutationInput,
  MutationPayload,
  Right,
  saveVersion,
  Secret,
} from '@segue/graphql'
import type { JsonObject } from '@segue/workflow-engine'
import { Length, Matches } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { QueryFailedError } from 'typeorm'
import {
  BadSettings,
  ResourceExists,
  ResourceInUse,
  ResourceNotFound,
  SecretsNotConfigured,
  SecretTooLarge,
  StaleResource,
} from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { resourceUses } from '../sql/resource-uses.js'
import { ResourceNode, ResourceUseNode, toResource } from './resource.js'
import { resourceProblem, type SecretSealer } from './transports.js'

/** As the column, encrypted. */
const LONGEST_SECRET = 4000

@InputType({ description: 'A new resource.' })
class CreateResourceInput extends MutationInput {
  @Matches(/^[a-z0-9][a-z0-9_.-]{0,63}$/, {
    message: '$property has small letters, digits, and - _ . between them, at most 64',
  })
  @Field(() => ID, { description: 'The name by which workflows use it, such as `newsletter-smtp`; it never changes.' })
  id!: string

  @IsName(160)
  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Length(1, 32)
  @Field(() => String, { description: 'How deliveries go there: http, mail.' })
  transport!: string

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'As its transport wants them; nothing secret.' })
  settings?: JsonObject | null

  @Secret()
  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Its credentials, as its transport wants them.' })
  secret?: JsonObject | null
}

@InputType({ description: 'Changes to a resource; what is unset stays.' })
class UpdateResourceInput extends MutationInput {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @IsName(160)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'As its transport wants them; nothing secret.' })
  settings?: JsonObject | null

  @Secret()
  @Field(() => GraphQLJSONObject, { nullable: true, description: 'New credentials; null takes them away.' })
  secret?: JsonObject | null
}

@InputType({ description: 'Which resource.' })
class ResourceIdInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@ObjectType({ description: 'What became of a change to a resource.' })
class ResourcePayload extends MutationPayload {
  @Field(() => ResourceNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  resource?: ResourceNode | null
}

@ObjectType({ description: 'What became of removing a resource.' })
class DeleteResourcePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null

  @Field(() => [ResourceUseNode], { nullable: true, description: 'What uses it, and kept it from being removed.' })
  usedBy?: ResourceUseNode[] | null
}

@Right('resources.write')
@Resolver()
export class ResourceMutations {
  @Mutation(() => ResourcePayload, { description: 'Makes a resource that workflows can use.' })
  async createResource(
    @Arg('input', () => CreateResourceInput, { description: 'What it is to be.' }) input: CreateResourceInput,
    @Ctx() { transaction, audit, loaders }: WorkflowMutationContext,
  ): Promise<ResourcePayload> {
    const { id, transport } = input
    const settings = input.settings ?? {}
    checkSettings(transport, settings, input.secret ?? null)
    const now = new Date()
    const secret = input.secret ? seal(loaders.sealSecret, id, input.secret) : null
    const name = input.name.trim()
    const row: Resource = { id, name, transport, settings, secret, createdAt: now, updatedAt: now, version: 1 }
    try {
      await transaction.getRepository(Resource).insert(row as object)
    } catch (error) {
      const isTaken = error instanceof QueryFailedError && error.driverError.code === 'ER_DUP_ENTRY'
      throw isTaken ? ResourceExists({ id }, ['input', 'id']) : error
    }
    const resource = toResource(row)
    audit({ action: 'resource.create', subject: { type: 'Resource', id }, after: resource })
    return { resource }
  }

  @Mutation(() => ResourcePayload, {
    description: 'Changes a resource, for what leaves from now on: also for deliveries that are queued already.',
  })
  async updateResource(
    @Arg('input', () => UpdateResourceInput, { description: 'Which one, and what changes.' })
    input: UpdateResourceInput,
    @Ctx() { transaction, audit, loaders }: WorkflowMutationContext,
  ): Promise<ResourcePayload> {
    const { id, version, name, settings, secret } = input
    const known = await transaction.getRepository(Resource).findOneBy({ id })
    if (!known) throw ResourceNotFound({ id }, ['input', 'id'])
    if (settings != null || secret !== undefined) {
      checkSettings(known.transport, settings ?? known.settings, secret === undefined && !known.secret ? null : secret)
    }
    const saved = await saveVersion(transaction, Resource, id, version, {
      ...(name != null ? { name: name.trim() } : {}),
      ...(settings != null ? { settings } : {}),
      ...(secret !== undefined ? { secret: secret && seal(loaders.sealSecret, id, secret) } : {}),
    })
    if (!saved) throw ResourceNotFound({ id }, ['input', 'id'])
    const resource = toResource(saved.now)
    if (saved.stale) {
      // Whose secret it is or was is nobody's to see.
      const { secret: _yours, ...yours } = saved.stale.yours as { secret?: unknown }
      const { secret: _current, ...current } = saved.stale.current as { secret?: unknown }
      const error = StaleResource({ version }, ['input', 'version'])
      return { resource, userErrors: [asPayload(error, { ...saved.stale, yours, current })] }
    }
    audit({
      action: 'resource.update',
      subject: { type: 'Resource', id },
      before: toResource(saved.before),
      after: { ...resource, ...(secret === undefined ? {} : { credentials: 'changed' }) },
    })
    return { resource }
  }

  @Mutation(() => DeleteResourcePayload, {
    description: 'Removes a resource, unless deployed workflows use it. What is queued for it is rejected then.',
  })
  async deleteResource(
    @Arg('input', () => ResourceIdInput, { description: 'Which one.' }) { id }: ResourceIdInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<DeleteResourcePayload> {
    const resources = transaction.getRepository(Resource)
    const before = await resources.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
    if (!before) throw ResourceNotFound({ id }, ['input', 'id'])
    const [usedBy = []] = await resourceUses(transaction, [id])
    if (usedBy.length > 0) {
      const workflows = [...new Set(usedBy.map(({ name }) => name))].slice(0, 10).join(', ')
      return { usedBy, userErrors: [asPayload(ResourceInUse({ workflows }, ['input', 'id']))] }
    }
    await resources.delete({ id })
    audit({ action: 'resource.delete', subject: { type: 'Resource', id }, before: toResource(before) })
    return { deletedId: id }
  }
}

/** Throws BAD_SETTINGS. */
function checkSettings(transport: string, settings: JsonObject, secret: JsonObject | null | undefined): void {
  const problem = resourceProblem(transport, settings, secret)
  if (problem) throw BadSettings({ problem: problem.message }, ['input', ...problem.path])
}

function seal(sealer: SecretSealer | null, id: string, secret: JsonObject): Buffer {
  if (!sealer) throw SecretsNotConfigured({}, ['input', 'secret'])
  const sealed = sealer(id, secret)
  if (sealed.length > LONGEST_SECRET) throw SecretTooLarge({ limit: LONGEST_SECRET - 100 }, ['input', 'secret'])
  return sealed
}
