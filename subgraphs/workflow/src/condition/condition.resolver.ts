// Checking conditions while they are written.
import { Right } from '@segue/graphql'
import { checkCondition } from '@segue/conditions'
import { Arg, Query, Resolver } from 'type-graphql'
import { ConditionProblem, toConditionProblem } from './condition.js'

@Right('workflows.read')
@Resolver()
export class ConditionResolver {
  @Query(() => [ConditionProblem], {
    nullable: true,
    description: 'Everything that is wrong with a condition, in the order of its text; empty when it can be used.',
  })
  checkCondition(
    @Arg('source', () => String, { description: 'The condition, in CEL.' }) source: string,
    @Arg('isValue', () => Boolean, {
      defaultValue: false,
      description: 'Whether it may give any value, as in a node that sets a field, instead of true or false.',
    })
    isValue: boolean,
  ): ConditionProblem[] {
    return checkCondition(source, { expects: isValue ? 'value' : 'condition' }).map(toConditionProblem)
  }
}
