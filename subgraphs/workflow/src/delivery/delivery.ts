// What leaves the house, as the API shows it.
import { connectionType, Right } from '@segue/graphql'
import type { JsonValue } from '@segue/workflow-engine'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'
import { MaxLength } from 'class-validator'

/** How a delivery stands. */
export enum DeliveryState {
  queued = 'queued',
  delivered = 'delivered',
  rejected = 'rejected',
  cancelled = 'cancelled',
}
registerEnumType(DeliveryState, {
  name: 'DeliveryState',
  description: 'How a delivery stands.',
  valuesConfig: {
    queued: { description: 'It is to be sent, for the first time or again.' },
    delivered: { description: 'The other side took it.' },
    rejected: { description: 'The other side refused it, or it cannot be sent as it is. It can be replayed.' },
    cancelled: { description: 'It was not to be sent any more. It can be replayed.' },
  },
})

@ObjectType('DeliveryError', { description: 'Why the last attempt failed.' })
export class DeliveryErrorNode {
  @Field(() => String, { nullable: true, description: 'Stable; meant for programs.' })
  code!: string | null

  @Field(() => String, { description: 'Meant for people; it may quote the other side.' })
  message!: string
}

/** What a list needs of a delivery: not its request and response, which may be large. */
export interface DeliveryRow {
  id: string
  transport: string
  destination: string
  runId: string | null
  workflowId: string | null
  nodeId: string | null
  profileId: string | null
  state: `${DeliveryState}`
  attempts: number
  nextAt: Date | null
  createdAt: Date
  finishedAt: Date | null
}

/** What one delivery sent and got, masked. */
export interface DeliveryDetail {
  request: JsonValue
  response: JsonValue
  status: number | null
  error: DeliveryErrorNode | null
  requiredConsents: string[]
}

@Right('deliveries.read')
@ObjectType('Delivery', { description: 'Something that leaves the house: an HTTP call, a mail.' })
export class DeliveryNode implements DeliveryRow {
  @Field(() => ID, { description: 'Also the idempotency key of all its attempts.' })
  id!: string

  @Field(() => String, { description: 'How it leaves: http, mail.' })
  transport!: string

  @Field(() => String, { description: 'Where to: a host, or a resource. What has one has one circuit breaker.' })
  destination!: string

  @Field(() => ID, { nullable: true, description: 'The run that made it.' })
  runId!: string | null

  @Field(() => ID, { nullable: true, description: 'The workflow that made it.' })
  workflowId!: string | null

  @Field(() => ID, { nullable: true, description: 'The node that made it.' })
  nodeId!: string | null

  @Field(() => DeliveryState, { description: 'How it stands.' })
  state!: `${DeliveryState}`

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number

  @Field(() => Date, { nullable: true, description: 'When it is tried next; null once it is finished.' })
  nextAt!: Date | null

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { nullable: true, description: 'When it was finished; null until then.' })
  finishedAt!: Date | null

  profileId!: string | null
}

export const DeliveryConnection = connectionType(DeliveryNode, 'Delivery')

@InputType({ description: 'Which deliveries; what is unset does not restrict.' })
export class DeliveryFilter {
  @Field(() => DeliveryState, { nullable: true, description: 'That stand so.' })
  state?: DeliveryState | null

  @Field(() => ID, { nullable: true, description: 'Of this workflow.' })
  workflowId?: string | null

  @MaxLength(190)
  @Field(() => String, { nullable: true, description: 'To this destination.' })
  destination?: string | null

  @Field(() => ID, { nullable: true, description: 'Of this run.' })
  runId?: string | null

  @Field(() => ID, { nullable: true, description: 'For this profile.' })
  profileId?: string | null

  @Field(() => Date, { nullable: true, description: 'Made at this moment or later.' })
  createdFrom?: Date | null

  @Field(() => Date, { nullable: true, description: 'Made before this moment.' })
  createdBefore?: Date | null

  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'Whose last attempt failed with this code.' })
  errorCode?: string | null
}
