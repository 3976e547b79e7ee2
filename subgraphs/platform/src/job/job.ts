// Maintenance work, as the API shows it.
import type { Job } from '@segue/database'
import { Right, type PersonalData } from '@segue/graphql'
import { Directive, Field, Float, ID, ObjectType, registerEnumType } from 'type-graphql'

enum JobState {
  running = 'running',
  done = 'done',
  failed = 'failed',
}
registerEnumType(JobState, {
  name: 'JobState',
  description: 'How a job stands.',
  valuesConfig: {
    running: { description: 'It is at work, or its process ended without a word: see when it was heard of last.' },
    done: { description: 'It came to its end.' },
    failed: { description: 'It did not; it is tried again as another job.' },
  },
})

@Right('jobs.read')
@Directive('@key(fields: "id")')
@ObjectType('Job', {
  description: 'Maintenance work: migrations of the schema, partitions, what is forgotten in time.',
})
export class JobNode {
  @Field(() => ID, { description: 'UUIDv7 of its start.' })
  id!: string

  @Field(() => String, { description: 'What is done, as `forget-event-keys`.' })
  kind!: string

  @Field(() => JobState, { description: 'How it stands.' })
  state!: `${JobState}`

  @Field(() => Float, { description: 'How much is done: rows, partitions, migrations.' })
  done!: number

  @Field(() => Float, { nullable: true, description: 'How much there is to do; null where nobody knows.' })
  total!: number | null

  @Field(() => Date, { description: 'When it began.' })
  startedAt!: Date

  @Field(() => Date, { description: 'When it was heard of last.' })
  updatedAt!: Date

  @Field(() => Date, { nullable: true, description: 'When it ended; null while it is at work.' })
  endedAt!: Date | null

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  error!: string | null
}

/** A job as the API shows it. Why it failed may be in words of the database, which quote values. */
export function toJob({ done, total, error, ...job }: Job, personal: PersonalData): JobNode {
  return Object.assign(new JobNode(), job, {
    done: Number(done),
    total: total === null ? null : Number(total),
    error: personal.text(error),
  })
}
