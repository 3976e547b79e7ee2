// Where events come from, as the API shows it.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'

/** By which protocol a source may send. */
export enum SourceChannel {
  tracker = 'tracker',
  segment = 'segment',
  webhook = 'webhook',
  pixel = 'pixel',
  bridge = 'bridge',
}
registerEnumType(SourceChannel, {
  name: 'SourceChannel',
  description: 'By which protocol an event source may send; another is refused.',
  valuesConfig: {
    tracker: { description: 'The tracker protocol, `POST /track`.' },
    segment: { description: 'Segment’s HTTP API, `/v1/...`.' },
    webhook: { description: 'Webhooks, `/collect/...`.' },
    pixel: { description: 'A pixel in a page or mail, `/pixel.gif`.' },
    bridge: { description: 'A bridge that fetches from elsewhere.' },
  },
})

@Right('sources.read')
@Directive('@key(fields: "id")')
@ObjectType('EventSource', { description: 'Where events come from: a website, an app, a server.' })
export class EventSourceNode {
  @Field(() => ID, { description: 'What clients send with each request.' })
  id!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => String, { description: 'What it is for.' })
  description!: string

  @Field(() => SourceChannel, { description: 'By which protocol it may send.' })
  channel!: `${SourceChannel}`

  @Field(() => Boolean, { description: 'Whether its events are taken in.' })
  enabled!: boolean

  @Field(() => Boolean, { description: 'Whether it is a server of ours: its profile ids and identities are believed.' })
  trusted!: boolean

  @Field(() => [String], { description: 'Origins of pages that may send; empty: any.' })
  origins!: string[]

  @Field(() => Boolean, { description: 'Whether a request waits for the workflows and is answered what they say.' })
  synchronous!: boolean

  @Field(() => Int, { description: 'How long such a request waits at most, in milliseconds.' })
  answerWithinMs!: number

  @Field(() => Boolean, { description: 'Whether requests may ask for details about their processing.' })
  debuggable!: boolean

  @Field(() => Int, { nullable: true, description: 'Events a second it may send; null: the collector’s own limit.' })
  eventsPerSecond!: number | null

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; a change names the version it is based on.' })
  version!: number
}
