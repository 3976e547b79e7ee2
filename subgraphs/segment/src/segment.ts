// A segment as the API shows it.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'

enum SegmentKind {
  static = 'static',
}
registerEnumType(SegmentKind, {
  name: 'SegmentKind',
  description: 'How profiles come into a segment.',
  valuesConfig: { static: { description: 'Filled by hand, by imports and by workflows.' } },
})

@Right('segments.read')
@Directive('@key(fields: "id")')
@ObjectType('Segment', { description: 'A named group of profiles.' })
export class SegmentNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  @Field(() => String, { description: 'What people call it; no two segments have the same name.' })
  name!: string

  @Field(() => String, { description: 'What it is for.' })
  description!: string

  @Field(() => SegmentKind, { description: 'How profiles come into it.' })
  kind!: 'static'

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; an update names the version that it changes.' })
  version!: number
}
