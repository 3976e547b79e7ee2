// Which events are asked for.
import { ConnectionArgs, readId } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { ArgsType, Field, ID, InputType } from 'type-graphql'
import type { EventConditions } from '../sql/event-conditions.js'

@InputType({ description: 'Which events; what is unset does not restrict.' })
export class EventFilter {
  @MaxLength(128)
  @Field(() => String, { nullable: true, description: 'Of this type.' })
  type?: string | null

  @MaxLength(64)
  @Field(() => ID, { nullable: true, description: 'From this event source.' })
  sourceId?: string | null

  @Field(() => ID, { nullable: true, description: 'Of this profile; an alias counts.' })
  profileId?: string | null

  @Field(() => Date, { nullable: true, description: 'That happened at this time or later.' })
  from?: Date | null

  @Field(() => Date, { nullable: true, description: 'That happened at this time or earlier.' })
  to?: Date | null

  @Field(() => Boolean, { nullable: true, description: 'That follow their schemas, or do not.' })
  valid?: boolean | null
}

@ArgsType()
export class EventsArguments extends ConnectionArgs {
  @Field(() => EventFilter, { nullable: true, description: 'Which events.' })
  filter?: EventFilter | null
}

@ArgsType()
export class ProfileEventsArguments extends ConnectionArgs {
  @MaxLength(128)
  @Field(() => String, { nullable: true, description: 'Only events of this type.' })
  type?: string | null
}

/** The filter as statements take it; GraphQL says null where nothing is said. Throws BAD_ID. */
export function conditionsOf(
  filter: EventFilter | null | undefined,
): EventConditions & { profileId?: string | undefined } {
  return {
    type: filter?.type ?? undefined,
    sourceId: filter?.sourceId ?? undefined,
    profileId: filter?.profileId == null ? undefined : readId(filter.profileId, ['filter', 'profileId']),
    from: filter?.from ?? undefined,
    to: filter?.to ?? undefined,
    valid: filter?.valid ?? undefined,
  }
}
