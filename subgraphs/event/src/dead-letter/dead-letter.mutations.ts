// What is done with dead letters: tried again, or given up.
import { readId, Right } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { TooManyLetters } from '../errors.js'
import type { EventMutationContext } from '../loaders.js'
import { discardDeadLetters, replayDeadLetters } from '../sql/replay-dead-letters.js'
import { DeadLetterIdsInput, DeadLettersPayload } from './dead-letter.js'

/** One transaction for all: some megabytes, some ten milliseconds. */
const MOST_LETTERS = 1000

@Right('dead-letters.write')
@Resolver()
export class DeadLetterMutations {
  @Mutation(() => DeadLettersPayload, { description: 'Puts dead letters back into the inbox, to be processed again.' })
  async replayDeadLetters(
    @Arg('input', () => DeadLetterIdsInput, { description: 'Which ones.' }) input: DeadLetterIdsInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<DeadLettersPayload> {
    const ids = readIds(input.ids)
    const answer = answerOf(ids, await replayDeadLetters(transaction, ids))
    audit({ action: 'dead-letter.replay', subject: subjectOf(ids), after: answer })
    return answer
  }

  @Mutation(() => DeadLettersPayload, { description: 'Deletes dead letters for good.' })
  async discardDeadLetters(
    @Arg('input', () => DeadLetterIdsInput, { description: 'Which ones.' }) input: DeadLetterIdsInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<DeadLettersPayload> {
    const ids = readIds(input.ids)
    const answer = answerOf(ids, await discardDeadLetters(transaction, ids))
    audit({ action: 'dead-letter.discard', subject: subjectOf(ids), after: answer })
    return answer
  }
}

function readIds(ids: readonly string[]): string[] {
  if (ids.length > MOST_LETTERS) throw TooManyLetters({ limit: MOST_LETTERS, count: ids.length }, ['input', 'ids'])
  return [...new Set(ids.map((id, index) => readId(id, ['input', 'ids', String(index)])))]
}

function answerOf(asked: readonly string[], done: readonly string[]): { doneIds: string[]; missingIds: string[] } {
  const found = new Set(done)
  return { doneIds: [...done], missingIds: asked.filter((id) => !found.has(id)) }
}

/** One letter is found again in the audit by its id, several by their action: `*` is no id. */
function subjectOf([id, ...others]: readonly string[]): { type: string; id: string } {
  return { type: 'DeadLetter', id: others.length === 0 ? (id ?? '*') : '*' }
}
