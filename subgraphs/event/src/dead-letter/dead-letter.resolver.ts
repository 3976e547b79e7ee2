// Queries for dead letters.
import { DeadLetter, type EventSource } from '@segue/database'
import { Right, ConnectionArgs, connectionType, findPage, readId, type Connection, type Keyset } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { mappingsOf, type EventContext } from '../loaders.js'
import { EventSourceNode } from '../source/event-source.js'
import { DeadLetterNode, toDeadLetter } from './dead-letter.js'

const DeadLetterConnection = connectionType(DeadLetterNode, 'DeadLetter')

const LATEST: Keyset<DeadLetter> = {
  keys: [
    { column: 'letter.failedAt', kind: 'time', of: (letter) => letter.failedAt },
    { column: 'letter.id', kind: 'id', of: (letter) => letter.id },
  ],
  descending: true,
}

@ArgsType()
class DeadLettersArguments extends ConnectionArgs {
  @MaxLength(64)
  @Field(() => ID, { nullable: true, description: 'From this event source.' })
  sourceId?: string | null

  @MaxLength(128)
  @Field(() => String, { nullable: true, description: 'Of this event type.' })
  eventType?: string | null

  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'That failed with this code.' })
  errorCode?: string | null
}

@Right('dead-letters.read')
@Resolver(() => DeadLetterNode)
export class DeadLetterResolver {
  @Query(() => DeadLetterNode, { nullable: true, description: 'A dead letter by its id.' })
  async deadLetter(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() context: EventContext,
  ): Promise<DeadLetterNode | null> {
    const letter = await context.database.getRepository(DeadLetter).findOneBy({ id: readId(id) })
    const [shown = null] = await shownLetters(letter ? [letter] : [], context)
    return shown
  }

  @Query(() => DeadLetterConnection, { nullable: true, description: 'Events that failed, the latest first.' })
  async deadLetters(
    @Args(() => DeadLettersArguments) args: DeadLettersArguments,
    @Ctx() context: EventContext,
  ): Promise<Connection<DeadLetterNode>> {
    const query = context.database.getRepository(DeadLetter).createQueryBuilder('letter')
    const { sourceId, eventType, errorCode } = args
    if (sourceId != null) query.andWhere('letter.sourceId = :sourceId', { sourceId })
    if (eventType != null) query.andWhere('letter.eventType = :eventType', { eventType })
    if (errorCode != null) query.andWhere('letter.errorCode = :errorCode', { errorCode })
    const { edges, pageInfo } = await findPage(query, LATEST, args)
    const shown = await shownLetters(
      edges.map(({ node }) => node),
      context,
    )
    return {
      edges: edges.flatMap(({ cursor }, index) => {
        const node = shown[index]
        return node ? [{ node, cursor }] : []
      }),
      pageInfo,
    }
  }

  @FieldResolver(() => EventSourceNode, { nullable: true, description: 'Where it came from; null when that is gone.' })
  source(@Root() { sourceId }: DeadLetterNode, @Ctx() { loaders }: EventContext): Promise<EventSource | null> {
    return loaders.source.load(sourceId)
  }
}

/** Letters as the API shows them to who asks. */
async function shownLetters(
  letters: readonly DeadLetter[],
  { loaders, personal }: EventContext,
): Promise<DeadLetterNode[]> {
  const types = await mappingsOf(
    letters.map(({ eventType }) => ({ type: eventType })),
    loaders,
    personal,
  )
  return letters.map((letter) => personal.letter(toDeadLetter(letter), types.get(letter.eventType) ?? null))
}
