// What is done with dead letters: tried again, or given up.
import { readId } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { TooManyLetters } from '../errors.js'
import type { EventContext } from '../loaders.js'
import { discardDeadLetters, replayDeadLetters } from '../sql/replay-dead-letters.js'
import { DeadLetterIdsInput, DeadLettersPayload } from './dead-letter.js'

/** One transaction for all: some megabytes, some ten milliseconds. */
const MOST_LETTERS = 1000

@Resolver()
export class DeadLetterMutations {
  @Mutation(() => DeadLettersPayload, { description: 'Puts dead letters back into the inbox, to be processed again.' })
  async replayDeadLetters(
    @Arg('input', () => DeadLetterIdsInput) input: DeadLetterIdsInput,
    @Ctx() { database }: EventContext,
  ): Promise<DeadLettersPayload> {
    const ids = readIds(input.ids)
    return answer(ids, await database.transaction('READ COMMITTED', (tx) => replayDeadLetters(tx, ids)))
  }

  @Mutation(() => DeadLettersPayload, { description: 'Deletes dead letters for good.' })
  async discardDeadLetters(
    @Arg('input', () => DeadLetterIdsInput) input: DeadLetterIdsInput,
    @Ctx() { database }: EventContext,
  ): Promise<DeadLettersPayload> {
    const ids = readIds(input.ids)
    return answer(ids, await database.transaction('READ COMMITTED', (tx) => discardDeadLetters(tx, ids)))
  }
}

function readIds(ids: readonly string[]): string[] {
  if (ids.length > MOST_LETTERS) throw TooManyLetters({ limit: MOST_LETTERS, count: ids.length }, ['input', 'ids'])
  return [...new Set(ids.map((id, index) => readId(id, ['input', 'ids', String(index)])))]
}

function answer(asked: readonly string[], done: readonly string[]): DeadLettersPayload {
  const found = new Set(done)
  return { doneIds: [...done], missingIds: asked.filter((id) => !found.has(id)) }
}
