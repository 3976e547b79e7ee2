// What the person likes: document `data.preferences`.
import { ObjectType } from 'type-graphql'
import { texts } from './document-field.js'

@ObjectType('ProfilePreferences', { description: 'What the person likes (`data.preferences`).' })
export class Preferences {
  @texts('What is bought.')
  purchases!: string[] | null

  @texts('Colours.')
  colors!: string[] | null

  @texts('Sizes.')
  sizes!: string[] | null

  @texts('Devices.')
  devices!: string[] | null

  @texts('Channels of communication.')
  channels!: string[] | null

  @texts('Means of payment.')
  payments!: string[] | null

  @texts('Brands.')
  brands!: string[] | null

  @texts('Fragrances.')
  fragrances!: string[] | null

  @texts('Services.')
  services!: string[] | null

  @texts('Anything else.')
  other!: string[] | null
}
