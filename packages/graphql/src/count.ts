// A number that was counted up to a bound, so that counting stays cheap however much there is.
import { Directive, Field, Int, ObjectType } from 'type-graphql'
import { Right } from './rights.js'

@Directive('@shareable')
@Right('public')
@ObjectType({ description: 'How many there are, counted up to a bound.' })
export class Count {
  @Field(() => Int, { description: 'How many were counted.' })
  value!: number

  @Field(() => Boolean, { description: 'Whether that is all; false: there are at least so many.' })
  exact!: boolean
}
