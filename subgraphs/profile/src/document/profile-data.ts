// The typed documents of a profile: `data`.
import type { JsonObject } from '@segue/event-model'
import { GraphQLJSONObject } from '@segue/graphql'
import { Field, ObjectType } from 'type-graphql'
import { Contact } from './contact.js'
import { part } from './document-field.js'
import { Identifiers } from './identifiers.js'
import { Job } from './job.js'
import { Loyalty } from './loyalty.js'
import { Media } from './media.js'
import { Pii } from './pii.js'
import { Preferences } from './preferences.js'

@ObjectType({ description: 'The typed documents of a profile (`data`).' })
export class ProfileData {
  @part(() => Pii, 'Who the person is.')
  pii!: Pii

  @part(() => Contact, 'How the person is reached.')
  contact!: Contact

  @part(() => Identifiers, 'Numbers and codes of the person.')
  identifier!: Identifiers

  @part(() => Media, 'Pictures and pages of the person.')
  media!: Media

  @part(() => Job, 'What the person does for a living.')
  job!: Job

  @part(() => Preferences, 'What the person likes.')
  preferences!: Preferences

  @part(() => Loyalty, 'The person in loyalty programmes.')
  loyalty!: Loyalty

  @Field(() => GraphQLJSONObject, {
    description: 'The documents as they are kept, with fields that have no name here.',
  })
  raw!: JsonObject
}
