// The person in loyalty programmes: document `data.loyalty`.
import { ObjectType } from 'type-graphql'
import { number, part, text, texts } from './document-field.js'

@ObjectType('ProfileLoyaltyCard', { description: 'A loyalty card.' })
export class LoyaltyCard {
  @text('Number of the card.')
  id!: string | null

  @text('Name of the card.')
  name!: string | null

  @text('Who issued it.')
  issuer!: string | null

  @text('When it expires, as the source wrote it.')
  expires!: string | null

  @number('Points on it.')
  points!: number | null
}

@ObjectType('ProfileLoyalty', { description: 'The person in loyalty programmes (`data.loyalty`).' })
export class Loyalty {
  @texts('Codes.')
  codes!: string[] | null

  @part(() => LoyaltyCard, 'The card.')
  card!: LoyaltyCard
}
