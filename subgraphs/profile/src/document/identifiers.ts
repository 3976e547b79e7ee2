// Numbers and codes that the person carries: document `data.identifier`.
import { ObjectType } from 'type-graphql'
import { text, texts } from './document-field.js'

@ObjectType('ProfileIdentifiers', {
  description: 'Numbers and codes of the person (`data.identifier`). Those that identify are in `Profile.identities`.',
})
export class Identifiers {
  @text('Number in the system of the source.')
  id!: string | null

  @text('Token.')
  token!: string | null

  @text('Passport.')
  passport!: string | null

  @text('Credit card.')
  creditCard!: string | null

  @text('Badge.')
  badge!: string | null

  @texts('Coupons.')
  coupons!: string[] | null
}
