// Pictures and pages of the person: document `data.media`.
import { ObjectType } from 'type-graphql'
import { part, text } from './document-field.js'

@ObjectType('ProfileSocial', { description: 'Pages of the person in social media.' })
export class Social {
  @text('Page on Twitter.')
  twitter!: string | null

  @text('Page on Facebook.')
  facebook!: string | null

  @text('Channel on YouTube.')
  youtube!: string | null

  @text('Page on Instagram.')
  instagram!: string | null

  @text('Page on TikTok.')
  tiktok!: string | null

  @text('Page on LinkedIn.')
  linkedin!: string | null

  @text('Page on Reddit.')
  reddit!: string | null
}

@ObjectType('ProfileMedia', { description: 'Pictures and pages of the person (`data.media`).' })
export class Media {
  @text('Address of a picture.')
  image!: string | null

  @text('Address of a page.')
  webpage!: string | null

  @part(() => Social, 'Pages in social media.')
  social!: Social
}
