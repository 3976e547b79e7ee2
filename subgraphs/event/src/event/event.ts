// Something that happened, as the API shows it.
import type { Event as EventRow } from '@segue/database'
import type { JsonObject } from '@segue/event-model'
import { Right, GraphQLJSONObject } from '@segue/graphql'
import { Directive, Field, ID, ObjectType } from 'type-graphql'
import { receivedAt } from '../sql/event-conditions.js'

@ObjectType({ description: 'Something that is wrong with an event.' })
export class EventProblem {
  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'Meant for people.' })
  message!: string

  @Field(() => String, { nullable: true, description: 'Where, as `properties.price`.' })
  path!: string | null
}

@Right('profiles.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Session', { description: 'A stay on a site or in an app.' })
export class SessionStub {
  @Field(() => ID, { description: 'The id that the client made; of one that is no UUID, its hash.' })
  id!: string
}

@Right('events.read')
@Directive('@key(fields: "id")')
@ObjectType('Event', { description: 'Something that happened.' })
export class EventNode {
  @Field(() => ID, { description: 'UUIDv7 of its receipt.' })
  id!: string

  @Field(() => String, { description: 'The id of its event type.' })
  type!: string

  @Field(() => Date, {
    description: 'When it happened, corrected for the client’s clock; never later than its receipt.',
  })
  occurredAt!: Date

  @Field(() => Date, { description: 'When it was taken in.' })
  receivedAt!: Date

  @Field(() => Boolean, { description: 'Whether it follows the schemas of its type.' })
  valid!: boolean

  @Field(() => [EventProblem], { description: 'What is wrong with it.' })
  problems!: EventProblem[]

  @Field(() => GraphQLJSONObject, { description: 'As they were sent.' })
  properties!: JsonObject

  @Field(() => GraphQLJSONObject, { description: 'The typed documents that its type’s mappings made.' })
  data!: JsonObject

  @Field(() => GraphQLJSONObject, { description: 'The circumstances: page, device, campaign, ...' })
  context!: JsonObject

  @Field(() => [String], { description: 'Tags that were sent with it.' })
  tags!: string[]

  @Field(() => String, { description: 'The id of the event source it came from.' })
  sourceId!: string

  @Field(() => SessionStub, { nullable: true, description: 'The stay it belongs to.' })
  session!: SessionStub | null

  /** May be an alias until a merge has moved the row. */
  profileId!: string | null
}

/** An event as the API shows it. */
export function toEvent(row: EventRow): EventNode {
  const { id, type, occurredAt, valid, properties, data, context, tags, sourceId, sessionId, profileId } = row
  return Object.assign(new EventNode(), {
    id,
    type,
    occurredAt,
    receivedAt: receivedAt(id),
    valid,
    problems: problemsOf(row.problems),
    properties,
    data: data ?? {},
    context,
    tags: tags ?? [],
    sourceId,
    session: sessionId === null ? null : Object.assign(new SessionStub(), { id: sessionId }),
    profileId,
  })
}

function problemsOf(json: EventRow['problems']): EventProblem[] {
  if (!Array.isArray(json)) return []
  return json.flatMap((problem) => {
    if (typeof problem !== 'object' || problem === null || Array.isArray(problem)) return []
    const { code, message, path } = problem
    return [
      {
        code: String(code ?? 'UNKNOWN'),
        message: String(message ?? ''),
        path: typeof path === 'string' ? path : null,
      },
    ]
  })
}
