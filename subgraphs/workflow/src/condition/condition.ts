// What is wrong with a condition, as the API shows it.
import type { Problem } from '@segue/conditions'
import { Right } from '@segue/graphql'
import { Field, Int, ObjectType } from 'type-graphql'

@Right('workflows.read')
@ObjectType({ description: 'Something that is wrong with a condition, and where.' })
export class ConditionProblem {
  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'What is wrong.' })
  message!: string

  @Field(() => String, { nullable: true, description: 'What to write instead, when that can be told.' })
  hint!: string | null

  @Field(() => Int, { description: 'Line, from 1.' })
  line!: number

  @Field(() => Int, { description: 'Column, from 1, in UTF-16 code units.' })
  column!: number

  @Field(() => Int, { description: 'Where the wrong part begins in the text, from 0.' })
  start!: number

  @Field(() => Int, { description: 'Where it ends; exclusive.' })
  end!: number
}

/** A problem as the API shows it. */
export function toConditionProblem({ hint, ...problem }: Problem): ConditionProblem {
  return { ...problem, hint: hint ?? null }
}
