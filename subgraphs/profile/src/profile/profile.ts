// A person, as the API shows one.
import { Right } from '@segue/graphql'
import type { Profile as ProfileRow } from '@segue/database'
import type { JsonObject, JsonValue } from '@segue/event-model'
import { Directive, Field, ID, ObjectType } from 'type-graphql'

@Right('profiles.read')
@Directive('@key(fields: "id")')
@ObjectType({ description: 'A person (or a visitor who may become one), as events and workflows made it.' })
export class Profile {
  @Field(() => ID, { description: 'The canonical id. Ids that a merge retired answer with this profile too.' })
  id!: string

  @Field(() => Date, { description: 'When the profile was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last written.' })
  updatedAt!: Date

  @Field(() => Date, { description: 'When its first event happened.' })
  firstSeenAt!: Date

  @Field(() => Date, { description: 'When its latest event happened.' })
  lastSeenAt!: Date

  @Field(() => Boolean, { description: 'Whether the person is known by more than a device or a browser.' })
  identified!: boolean

  @Field(() => String, { nullable: true, description: 'How the person is called where one name is shown.' })
  displayName!: string | null

  @Field(() => String, { nullable: true, description: 'The e-mail address to write to.' })
  email!: string | null

  @Field(() => String, { nullable: true, description: 'The phone number to call.' })
  phone!: string | null

  /** As it is kept: {data, traits, interests, consents, counters, aux}. */
  document!: JsonObject
}

/** A profile as the API shows it. */
export function toProfile(row: ProfileRow): Profile {
  const { id, createdAt, updatedAt, firstSeenAt, lastSeenAt, identified, displayName, email, phone, document } = row
  return Object.assign(new Profile(), {
    id,
    createdAt,
    updatedAt,
    firstSeenAt,
    lastSeenAt,
    identified,
    displayName,
    email,
    phone,
    document,
  })
}

/** A part of the document; an empty object when there is none. */
export function partOf({ document }: Profile, name: string): JsonObject {
  const part: JsonValue | undefined = document[name]
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? part : {}
}
