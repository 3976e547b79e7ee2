// A segment as the API shows it.
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'

enum SegmentKind {
  static = 'static',
}
registerEnumType(SegmentKind, {
  name: 'SegmentKind',
  valuesConfig: { static: { description: 'Filled by hand, by imports and by workflows.' } },
})

@Directive('@key(fields: "id")')
@ObjectType('Segment', { description: 'A named group of profiles.' })
export class SegmentNode {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  name!: string

  @Field(() => String)
  description!: string

  @Field(() => SegmentKind)
  kind!: 'static'

  @Field(() => Date)
  createdAt!: Date

  @Field(() => Date)
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; an update names the version that it changes.' })
  version!: number
}
