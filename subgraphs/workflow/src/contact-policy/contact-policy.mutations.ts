// Changes to when and how often people may be written to.
import { ContactPolicy } from '@segue/database'
import { asPayload, MutationInput, MutationPayload, Right, staleSave } from '@segue/graphql'
import { isTimeZone } from '@segue/workflow-engine'
import { ArrayMaxSize, Matches, Max, Min, ValidateNested } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { QueryFailedError } from 'typeorm'
import { BadPolicy, PolicyExists, PolicyNotFound, StalePolicy } from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { CHANNEL, ContactPolicyNode, toContactPolicy } from './contact-policy.js'

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/
const CHANNEL_MESSAGE = { message: '$property has small letters, digits, - and _, at most 32' }
const TIME_MESSAGE = { message: '$property is a time such as 22:00' }
/** Beyond a year a cap is a consent. */
const LONGEST_CAP = 366 * 24 * 3600

@InputType({ description: 'How often somebody may be written to.' })
class ContactCapInput {
  @Min(1)
  @Max(1000)
  @Field(() => Int, { description: 'At most so many times; 1 to 1,000.' })
  most!: number

  @Min(1)
  @Max(LONGEST_CAP)
  @Field(() => Int, { description: 'In so many seconds; at most 366 days.' })
  seconds!: number
}

@InputType()
abstract class PolicySettings extends MutationInput {
  @Field(() => ID, { description: 'The channel, such as mail: as nodes name it.' })
  @Matches(CHANNEL, CHANNEL_MESSAGE)
  channel!: string

  @Matches(TIME, TIME_MESSAGE)
  @Field(() => String, {
    nullable: true,
    description: 'From when on nobody is written to, `22:00`; null: no quiet hours.',
  })
  quietFrom?: string | null

  @Matches(TIME, TIME_MESSAGE)
  @Field(() => String, { nullable: true, description: 'Until when, which may be on the next day.' })
  quietUntil?: string | null

  @Field(() => String, {
    nullable: true,
    description: 'IANA name of the time zone of people whose own is not known; of a new policy UTC when unset.',
  })
  timeZone?: string | null

  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Field(() => [ContactCapInput], { nullable: true, description: 'All of these hold; at most 10.' })
  caps?: ContactCapInput[] | null
}

@InputType({ description: 'A new contact policy.' })
class CreateContactPolicyInput extends PolicySettings {}

@InputType({ description: 'Changes to a contact policy; what is unset stays.' })
class UpdateContactPolicyInput extends PolicySettings {
  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number
}

@InputType({ description: 'Which contact policy.' })
class ContactPolicyChannelInput extends MutationInput {
  @Matches(CHANNEL, CHANNEL_MESSAGE)
  @Field(() => ID, { description: 'The channel.' })
  channel!: string
}

@ObjectType({ description: 'What became of a change to a contact policy.' })
class ContactPolicyPayload extends MutationPayload {
  @Field(() => ContactPolicyNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  contactPolicy?: ContactPolicyNode | null
}

@ObjectType({ description: 'What became of removing a contact policy.' })
class DeleteContactPolicyPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The channel that has none any more.' })
  deletedChannel?: string | null
}

@Right('contact-policies.write')
@Resolver()
export class ContactPolicyMutations {
  @Mutation(() => ContactPolicyPayload, {
    description: 'Says when and how often people may be written to by a channel. Workers keep to it within seconds.',
  })
  async createContactPolicy(
    @Arg('input', () => CreateContactPolicyInput, { description: 'What it is to be.' }) input: CreateContactPolicyInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<ContactPolicyPayload> {
    const { channel } = input
    const policy: ContactPolicy = {
      channel,
      quietFrom: null,
      quietUntil: null,
      timeZone: 'UTC',
      caps: [],
      ...changesOf(input),
      updatedAt: new Date(),
      version: 1,
    }
    check(policy)
    try {
      await transaction.getRepository(ContactPolicy).insert(policy as object)
    } catch (error) {
      const isTaken = error instanceof QueryFailedError && error.driverError.code === 'ER_DUP_ENTRY'
      throw isTaken ? PolicyExists({ channel }, ['input', 'channel']) : error
    }
    const contactPolicy = toContactPolicy(policy)
    audit({ action: 'contact-policy.create', subject: { type: 'ContactPolicy', id: channel }, after: contactPolicy })
    return { contactPolicy }
  }

  @Mutation(() => ContactPolicyPayload, { description: 'Changes a contact policy.' })
  async updateContactPolicy(
    @Arg('input', () => UpdateContactPolicyInput, { description: 'Which one, and what changes.' })
    input: UpdateContactPolicyInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<ContactPolicyPayload> {
    const { channel, version } = input
    const changes = changesOf(input)
    const policies = transaction.getRepository(ContactPolicy)
    const before = await policies.findOne({ where: { channel }, lock: { mode: 'pessimistic_write' } })
    if (!before) throw PolicyNotFound({ channel }, ['input', 'channel'])
    if (before.version !== version) {
      const error = StalePolicy({ version }, ['input', 'version'])
      const stale = staleSave(version, changes, toContactPolicy(before))
      return { contactPolicy: toContactPolicy(before), userErrors: [asPayload(error, stale)] }
    }
    const saved = { ...changes, version: version + 1, updatedAt: new Date() }
    const policy = { ...before, ...saved }
    check(policy)
    await policies.update({ channel }, saved as object)
    const contactPolicy = toContactPolicy(policy)
    audit({
      action: 'contact-policy.update',
      subject: { type: 'ContactPolicy', id: channel },
      before: toContactPolicy(before),
      after: contactPolicy,
    })
    return { contactPolicy }
  }

  @Mutation(() => DeleteContactPolicyPayload, {
    description:
      'Removes the policy of a channel: people may be written to by it at any time, as often as workflows do.',
  })
  async deleteContactPolicy(
    @Arg('input', () => ContactPolicyChannelInput, { description: 'Which one.' })
    { channel }: ContactPolicyChannelInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<DeleteContactPolicyPayload> {
    const policies = transaction.getRepository(ContactPolicy)
    const before = await policies.findOne({ where: { channel }, lock: { mode: 'pessimistic_write' } })
    if (!before) throw PolicyNotFound({ channel }, ['input', 'channel'])
    await policies.delete({ channel })
    audit({
      action: 'contact-policy.delete',
      subject: { type: 'ContactPolicy', id: channel },
      before: toContactPolicy(before),
    })
    return { deletedChannel: channel }
  }
}

/** What an input sets. Null is a value of the quiet hours: there are none. */
function changesOf({ quietFrom, quietUntil, timeZone, caps }: PolicySettings): Partial<ContactPolicy> {
  return {
    ...(quietFrom !== undefined ? { quietFrom } : {}),
    ...(quietUntil !== undefined ? { quietUntil } : {}),
    ...(timeZone != null ? { timeZone } : {}),
    ...(caps != null ? { caps: caps.map(({ most, seconds }) => ({ most, seconds })) } : {}),
  }
}

/** Throws BAD_POLICY for what holds nowhere or never. */
function check({ quietFrom, quietUntil, timeZone }: ContactPolicy): void {
  if ((quietFrom === null) !== (quietUntil === null)) {
    throw BadPolicy({ problem: 'Quiet hours have a beginning and an end.' }, ['input', 'quietFrom'])
  }
  if (quietFrom !== null && quietFrom.slice(0, 5) === quietUntil?.slice(0, 5)) {
    throw BadPolicy({ problem: 'Quiet hours that end when they begin are none. Leave them out.' }, [
      'input',
      'quietUntil',
    ])
  }
  if (timeZone.length > 64 || !isTimeZone(timeZone)) {
    throw BadPolicy({ problem: 'This is no time zone. Write one such as Europe/Oslo.' }, ['input', 'timeZone'])
  }
}
