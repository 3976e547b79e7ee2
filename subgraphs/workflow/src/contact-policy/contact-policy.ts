// When and how often people may be written to by a channel, as the API shows it.
import type { ContactPolicy } from '@segue/database'
import { Right } from '@segue/graphql'
import { Field, ID, Int, ObjectType } from 'type-graphql'

/** Names of channels, as the column takes them. */
export const CHANNEL = /^[a-z0-9][a-z0-9_-]{0,31}$/

@ObjectType('ContactCap', { description: 'How often somebody may be written to.' })
export class ContactCapNode {
  @Field(() => Int, { description: 'At most so many times.' })
  most!: number

  @Field(() => Int, { description: 'In so many seconds.' })
  seconds!: number
}

@Right('contact-policies.read')
@ObjectType('ContactPolicy', {
  description: 'When and how often people may be written to by a channel, over all workflows.',
})
export class ContactPolicyNode {
  @Field(() => ID, { description: 'The channel, such as mail.' })
  channel!: string

  @Field(() => String, {
    nullable: true,
    description: 'From when on nobody is written to, `22:00`; null: no quiet hours.',
  })
  quietFrom!: string | null

  @Field(() => String, { nullable: true, description: 'Until when, which may be on the next day.' })
  quietUntil!: string | null

  @Field(() => String, { description: 'IANA name of the time zone of people whose own is not known.' })
  timeZone!: string

  @Field(() => [ContactCapNode], { description: 'All of these hold.' })
  caps!: ContactCapNode[]

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; a change names the version it is based on.' })
  version!: number
}

/** A row as the API shows it. */
export function toContactPolicy({ quietFrom, quietUntil, ...row }: ContactPolicy): ContactPolicyNode {
  return Object.assign(new ContactPolicyNode(), row, {
    quietFrom: shortTime(quietFrom),
    quietUntil: shortTime(quietUntil),
  })
}

function shortTime(time: string | null): string | null {
  return time === null ? null : time.slice(0, 5)
}
