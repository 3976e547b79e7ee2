// Events as they come in, for those who watch.
import type { ChangedEvent, Changes } from '@segue/database'
import {
  InvalidInput,
  LiveMessage,
  liveTopic,
  NewestItems,
  readId,
  Right,
  watchedProfile,
  type Collector,
  type LiveRoot,
  type LiveTopic,
  type WatchedProfile,
} from '@segue/graphql'
import { Arg, Ctx, Field, ID, InputType, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import { EventNode } from '../event/event.js'
import type { EventContext } from '../loaders.js'

/** Events a message; a page shows no more of them anyway. */
const MOST_EVENTS = 250
/** Types or sources that a filter names. */
const MOST_NAMES = 100

@InputType({ description: 'Which events; what is unset does not restrict.' })
class EventReceivedFilter {
  @Field(() => [String], { nullable: true, description: 'Of one of these event types.' })
  types?: string[] | null

  @Field(() => [ID], { nullable: true, description: 'From one of these event sources.' })
  sourceIds?: string[] | null

  @Field(() => ID, { nullable: true, description: 'About this profile, also after it was merged into another.' })
  profileId?: string | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only those that follow the schemas of their type, or only the others.',
  })
  valid?: boolean | null
}

@ObjectType({ description: 'Events that came in since the last message.' })
class EventReceived extends LiveMessage {
  @Field(() => [EventNode], {
    description: `In the order of their receipt. At most ${MOST_EVENTS}, the newest; \`skipped\` counts the others.`,
  })
  events!: EventNode[]
}

interface Received {
  ids: readonly string[]
  skipped: number
}

class ReceivedEvents implements Collector<Received> {
  readonly #events = new NewestItems<{ id: string }>(MOST_EVENTS)

  constructor(
    private readonly matches: (event: ChangedEvent) => boolean,
    private readonly profile: WatchedProfile | undefined,
  ) {}

  add(changes: Changes): void {
    this.profile?.sees(changes)
    for (const event of changes.events) if (this.matches(event)) this.#events.add({ id: event.id })
  }

  get isEmpty(): boolean {
    return this.#events.isEmpty
  }

  payload(): Received {
    const { items, skipped } = this.#events.read()
    return { ids: items.map(({ id }) => id), skipped }
  }
}

interface EventReceivedArguments {
  filter?: EventReceivedFilter | null
}

async function receivedEvents(
  { filter }: EventReceivedArguments,
  { database }: Pick<EventContext, 'database'>,
): Promise<LiveTopic<Received>> {
  const { types, sourceIds, profileId, valid } = filter ?? {}
  const ofTypes = types && namesOf(types, 'types')
  const ofSources = sourceIds && namesOf(sourceIds, 'sourceIds')
  const profile =
    profileId == null ? undefined : await watchedProfile(database, readId(profileId, ['filter', 'profileId']))
  const matches = (event: ChangedEvent): boolean =>
    (!ofTypes || ofTypes.has(event.type)) &&
    (!ofSources || ofSources.has(event.sourceId)) &&
    (!profile || profile.has(event.profileId)) &&
    (valid == null || event.valid === valid)
  return { collect: () => new ReceivedEvents(matches, profile) }
}

function namesOf(names: readonly string[], field: string): ReadonlySet<string> {
  if (names.length <= MOST_NAMES) return new Set(names)
  throw InvalidInput({ problem: `A filter takes at most ${MOST_NAMES} ${field}.` }, ['filter', field])
}

@Resolver()
export class EventReceivedResolver {
  @Right('events.read')
  @Subscription(() => EventReceived, {
    nullable: true,
    description: 'Events as they come in; several a message. The first message comes at once.',
    subscribe: liveTopic(receivedEvents),
  })
  async eventReceived(
    @Root() { ids, ...message }: LiveRoot<Received>,
    @Arg('filter', () => EventReceivedFilter, { nullable: true, description: 'Which events.' })
    _filter: EventReceivedFilter | null,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: EventContext,
  ): Promise<EventReceived> {
    const events = await loaders.event.loadMany(ids)
    return { ...message, events: events.filter(isEvent) }
  }
}

/** One that was deleted meanwhile is left out; an error is one for the whole message. */
function isEvent(event: EventNode | Error | null): event is EventNode {
  if (event instanceof Error) throw event
  return event !== null
}
