// A value by which a person is known.
import type { ProfileIdentity } from '@segue/database'
import type { PersonalData } from '@segue/graphql'
import { Field, ObjectType } from 'type-graphql'

@ObjectType('ProfileIdentity', { description: 'A value by which a person is known, such as an e-mail address.' })
export class Identity {
  @Field(() => String, { description: 'What it is: `user`, `customer`, `email`, `phone`, `anonymous`, `device`, ...' })
  kind!: string

  @Field(() => String, { description: 'The value, normalized as its kind says.' })
  value!: string

  @Field(() => Date, { description: 'When it was first stated.' })
  firstSeenAt!: Date

  @Field(() => String, { description: 'The event source that stated it first.' })
  sourceId!: string
}

/** An identity as the API shows it. */
export function toIdentity({ kind, value, firstSeenAt, sourceId }: ProfileIdentity, personal: PersonalData): Identity {
  return { kind, value: personal.text(value), firstSeenAt, sourceId }
}
