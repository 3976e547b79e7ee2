// What waiting runs wait for, as the API shows it.
import { DELAYED_EVENT_KINDS, type DelayedEventKind } from '@segue/database'
import { connectionType, Right } from '@segue/graphql'
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql'

const KINDS = Object.fromEntries(DELAYED_EVENT_KINDS.map((kind) => [kind, kind])) as Record<
  DelayedEventKind,
  DelayedEventKind
>
registerEnumType(KINDS, {
  name: 'DelayedEventKind',
  description: 'What a delayed event is about.',
  valuesConfig: {
    time: { description: 'A time.' },
    event: { description: 'An event of the person; `dueAt`: or this time.' },
    segment: { description: 'That the person is in a segment.' },
    delivery: { description: 'The answer to a delivery.' },
    run: { description: 'The end of a sub-workflow’s run.' },
    slot: { description: 'A place in the queue of a rate limiter.' },
    start: { description: 'A run that is to begin.' },
    retry: { description: 'A failed run that is to be tried again.' },
  },
})

@ObjectType('DelayedEventError', { description: 'Why a delayed event could not be carried out the last time.' })
export class DelayedEventErrorNode {
  @Field(() => String, { nullable: true, description: 'Stable; meant for programs.' })
  code!: string | null

  @Field(() => String, { description: 'Meant for people.' })
  message!: string
}

@Right('runs.read')
@ObjectType('DelayedEvent', {
  description: 'One wait of one run, or something that is to be done for a run. It is gone once that is done.',
})
export class DelayedEventNode {
  @Field(() => ID, { description: 'Also the id of the run’s wait.' })
  id!: string

  @Field(() => ID, { description: 'Of which run; of a start, the one that it will have.' })
  runId!: string

  @Field(() => ID, { description: 'Of which workflow.' })
  workflowId!: string

  @Field(() => ID, { description: 'In which node of its graph.' })
  nodeId!: string

  @Field(() => KINDS, { description: 'What it is about.' })
  kind!: DelayedEventKind

  @Field(() => Date, {
    nullable: true,
    description:
      'When it is carried out. Null while only something else than time can end the wait, and when it is dead.',
  })
  dueAt!: Date | null

  @Field(() => Date, { description: 'Since when.' })
  createdAt!: Date

  @Field(() => String, {
    nullable: true,
    description:
      'What has ended the wait already: event, segment, answer, run, cancel; of a start or a retry, that. Null: nothing yet.',
  })
  outcome!: string | null

  @Field(() => ID, { nullable: true, description: 'The id of the account that cancelled the run.' })
  cancelledBy!: string | null

  @Field(() => Int, { description: 'How often carrying it out has failed.' })
  attempts!: number

  @Field(() => DelayedEventErrorNode, { nullable: true, description: 'Why it failed the last time.' })
  error!: DelayedEventErrorNode | null

  @Field(() => Boolean, { description: 'Given up after too many attempts; it stays until somebody decides.' })
  dead!: boolean
}

export const DelayedEventConnection = connectionType(DelayedEventNode, 'DelayedEvent')

@InputType({ description: 'Which delayed events; what is unset does not restrict.' })
export class DelayedEventFilter {
  @Field(() => ID, { nullable: true, description: 'Of this workflow.' })
  workflowId?: string | null

  @Field(() => ID, { nullable: true, description: 'In this node of its graph.' })
  nodeId?: string | null

  @Field(() => KINDS, { nullable: true, description: 'About this.' })
  kind?: DelayedEventKind | null

  @Field(() => Boolean, { nullable: true, description: 'Only those that were given up, or that were not.' })
  dead?: boolean | null

  @Field(() => ID, { nullable: true, description: 'That runs for this profile wait for.' })
  profileId?: string | null

  @Field(() => Date, { nullable: true, description: 'Due before this moment.' })
  dueBefore?: Date | null
}
