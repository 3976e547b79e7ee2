// What a subscription watches, as a resolver states it; the live server runs it, once for all who watch the same.
import type { Changes } from '@segue/database'
import { Field, Int, ObjectType } from 'type-graphql'
import type { SubgraphContext } from '../context.js'

/** Gathers what is new for a message. What comes meanwhile is folded into it, so it never holds more than one message has. */
export interface Collector<Payload extends object> {
  add(changes: Changes): void
  readonly isEmpty: boolean
  /** What is gathered so far; of nothing, a message without news. */
  payload(): Payload
}

/** What one subscription watches. */
export interface LiveTopic<Payload extends object = object> {
  collect(): Collector<Payload>
  /** Milliseconds between two messages at least, where reading what they say is costly; else a tenth of a second. */
  everyMs?: number
}

/** What the resolver of a subscription gets as its root. */
export type LiveRoot<Payload extends object> = Payload & { cursor: string; missed: boolean }

/** Makes a topic out of a subscription's arguments. Throws user errors, which refuse it. */
export type TopicMaker<Args, Loaders> = (args: Args, context: SubgraphContext<Loaders>) => Promise<LiveTopic>

/**
 * For `@Subscription(() => X, { subscribe: liveTopic((args: XArgs, context) => …) })`. graphql-js asks for something that can be iterated; what is there is a
 * topic that the live server takes out with `topicOf`.
 */
export function liveTopic<Args, Loaders>(
  make: TopicMaker<Args, Loaders>,
): (data: { args: unknown; context: unknown }) => Promise<AsyncIterable<unknown>> {
  // The schema has checked the arguments, and the live server gives each subgraph its own context.
  return async ({ args, context }) => new TopicHolder(await make(args as Args, context as SubgraphContext<Loaders>))
}

/** The topic that the `subscribe` of a subscription gave. */
export function topicOf(given: unknown): LiveTopic {
  if (!(given instanceof TopicHolder)) throw new Error('A subscription has to be made with liveTopic.')
  return given.topic
}

class TopicHolder implements AsyncIterable<never> {
  constructor(readonly topic: LiveTopic) {}

  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error('A topic is run by the live server, for all who watch it together.')
  }
}

/** What every message of a subscription extends. Its resolver returns `...root` and its own fields. */
@ObjectType()
export abstract class LiveMessage {
  @Field(() => String, {
    description: 'Your place: subscribe again with it as `after`, and what comes then is what you have not been sent.',
  })
  cursor!: string

  @Field(() => Boolean, {
    description:
      'In the first message after `after`: whether something between was not kept that long. Read anew what you show.',
  })
  missed!: boolean

  @Field(() => Int, { description: 'How many changes of the time since the last message it leaves out.' })
  skipped!: number
}
