// Which profiles are asked for.
import { ConnectionArgs } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { ArgsType, Field, InputType } from 'type-graphql'

@InputType({ description: 'Which profiles; what is unset does not restrict.' })
export class ProfileFilter {
  @Field(() => Boolean, { nullable: true, description: 'Known by more than a device or a browser, or not.' })
  identified?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'With an e-mail address, or without.' })
  hasEmail?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'With a phone number, or without.' })
  hasPhone?: boolean | null

  @Field(() => Date, { nullable: true, description: 'Whose latest event happened at this time or later.' })
  seenAfter?: Date | null

  @Field(() => Date, { nullable: true, description: 'Whose latest event happened before this time.' })
  seenBefore?: Date | null
}

@ArgsType()
export class ProfilesArguments extends ConnectionArgs {
  @Field(() => ProfileFilter, { nullable: true, description: 'Which profiles.' })
  filter?: ProfileFilter | null

  @MaxLength(255)
  @Field(() => String, {
    nullable: true,
    description:
      'A whole identity of any kind, or the beginning of a name, an e-mail address or a phone number. Results then come in this order instead of newest first.',
  })
  search?: string | null
}
