// A stay on a site or in an app, as the API shows one.
import type { Session as SessionRow } from '@segue/database'
import type { JsonObject } from '@segue/event-model'
import { Right, GraphQLJSONObject, type PersonalData } from '@segue/graphql'
import { Directive, Field, Float, ID, Int, ObjectType } from 'type-graphql'

@ObjectType({ description: 'On what the person was.' })
export class SessionDevice {
  @Field(() => String, { nullable: true, description: 'For instance desktop, mobile, tablet.' })
  type!: string | null

  @Field(() => String, { nullable: true, description: 'Maker and model.' })
  model!: string | null
}

@ObjectType({ description: 'A piece of software and its version.' })
export class SessionSoftware {
  @Field(() => String, { nullable: true, description: 'Its name.' })
  name!: string | null

  @Field(() => String, { nullable: true, description: 'Its version.' })
  version!: string | null
}

@Right('profiles.read')
@Directive('@key(fields: "id")')
@ObjectType({ description: 'A stay on a site or in an app.' })
export class Session {
  @Field(() => ID, { description: 'The id that the client made; of one that is no UUID, its hash.' })
  id!: string

  @Field(() => String, { description: 'The event source it belongs to.' })
  sourceId!: string

  @Field(() => Date, { description: 'When its first event happened.' })
  startedAt!: Date

  @Field(() => Date, { description: 'When its latest event happened.' })
  lastEventAt!: Date

  @Field(() => Float, { description: 'Seconds between the first and the latest event.' })
  duration!: number

  @Field(() => Int, { description: 'How many events it has.' })
  eventCount!: number

  @Field(() => SessionDevice, { description: 'On what the person was.' })
  device!: SessionDevice

  @Field(() => SessionSoftware, { description: 'The operating system.' })
  os!: SessionSoftware

  @Field(() => SessionSoftware, { description: 'The browser.' })
  browser!: SessionSoftware

  @Field(() => String, { nullable: true, description: 'Language and region, as `en-GB`.' })
  locale!: string | null

  @Field(() => String, { nullable: true, description: 'Time zone, as `Europe/London`.' })
  timezone!: string | null

  @Field(() => GraphQLJSONObject, { description: 'What else is known about the circumstances.' })
  context!: JsonObject

  /** May be an alias until a merge has moved the row. */
  profileId!: string | null
}

/** A session as the API shows it. */
export function toSession(row: SessionRow, personal: PersonalData): Session {
  return Object.assign(new Session(), {
    id: row.id,
    sourceId: row.sourceId,
    startedAt: row.startedAt,
    lastEventAt: row.lastEventAt,
    duration: (row.lastEventAt.getTime() - row.startedAt.getTime()) / 1000,
    eventCount: row.events,
    device: { type: row.deviceType, model: row.deviceModel },
    os: { name: row.osName, version: row.osVersion },
    browser: { name: row.browserName, version: row.browserVersion },
    locale: row.locale,
    timezone: row.timezone,
    context: personal.context(row.context),
    profileId: row.profileId,
  })
}
