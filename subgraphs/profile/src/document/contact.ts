// How the person is reached: document `data.contact`.
import { ObjectType } from 'type-graphql'
import { part, text } from './document-field.js'

@ObjectType('ProfileEmails', { description: 'E-mail addresses of the person.' })
export class Emails {
  @text('The one to write to.')
  main!: string | null

  @text('The private one.')
  private!: string | null

  @text('The one at work.')
  business!: string | null
}

@ObjectType('ProfilePhones', { description: 'Phone numbers of the person.' })
export class Phones {
  @text('The one to call.')
  main!: string | null

  @text('The one at work.')
  business!: string | null

  @text('The mobile one.')
  mobile!: string | null

  @text('The one used with WhatsApp.')
  whatsapp!: string | null
}

@ObjectType('ProfileMessengers', { description: 'Names of the person in messengers.' })
export class Messengers {
  @text('Name in WhatsApp.')
  whatsapp!: string | null

  @text('Name in Discord.')
  discord!: string | null

  @text('Name in Slack.')
  slack!: string | null

  @text('Name in Twitter.')
  twitter!: string | null

  @text('Name in Telegram.')
  telegram!: string | null

  @text('Name in WeChat.')
  wechat!: string | null

  @text('Name in Viber.')
  viber!: string | null

  @text('Name in Signal.')
  signal!: string | null
}

@ObjectType('ProfileAddress', { description: 'Where the person lives.' })
export class Address {
  @text('Town.')
  town!: string | null

  @text('County or state.')
  county!: string | null

  @text('Country, as the source wrote it.')
  country!: string | null

  @text('Postal code.')
  postcode!: string | null

  @text('Street and number.')
  street!: string | null

  @text('What else a letter needs.')
  other!: string | null
}

@ObjectType('ProfileContact', { description: 'How the person is reached (`data.contact`).' })
export class Contact {
  @part(() => Emails, 'E-mail addresses.')
  email!: Emails

  @part(() => Phones, 'Phone numbers.')
  phone!: Phones

  @part(() => Messengers, 'Names in messengers.')
  app!: Messengers

  @part(() => Address, 'Postal address.')
  address!: Address
}
