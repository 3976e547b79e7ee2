// Mutations answer mistakes as data: `{ <thing>, userErrors, clientMutationId }`. Resolvers throw; this turns what they throw into the payload.
import type { GraphQLFieldResolver } from 'graphql'
import { Directive, Field, InputType, ObjectType } from 'type-graphql'
import { UserError } from './errors.js'

@Directive('@shareable')
@ObjectType({ description: 'A mistake in what was asked for; nothing was changed.' })
export class MutationUserError {
  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'Meant for people.' })
  message!: string

  @Field(() => [String], {
    description: 'Where in the arguments, for instance ["input", "name"]; empty when it has no place.',
  })
  path!: readonly string[]
}

/** What every mutation's input extends. */
@InputType()
export abstract class MutationInput {
  @Field(() => String, { nullable: true, description: 'Comes back in the answer as it is.' })
  clientMutationId?: string | null
}

/** What every mutation's payload extends. Resolvers return only their own fields; the rest is filled in. */
@ObjectType()
export abstract class MutationPayload {
  @Field(() => [MutationUserError], { description: 'What was wrong; empty when all was done.' })
  userErrors?: MutationUserError[]

  @Field(() => String, { nullable: true })
  clientMutationId?: string | null
}

/**
 * A user error as a payload holds it: for resolvers that answer it beside their own field, as in
 * `{ segment: current, userErrors: [asPayload(StaleSegment({ version }))] }`.
 */
export function asPayload({ code, message, argumentPath: path }: UserError): MutationUserError {
  return { code, message, path }
}

/**
 * Wraps a mutation's resolver: a `UserError` becomes the payload's `userErrors`, everything else goes on as it is. The mutations of a request run one
 * after the other; each begins with new loaders, else it would answer what was true before the one before it.
 */
export function answerUserErrors<Context extends { renewLoaders: () => void }>(
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return async (source, args, context, info) => {
    const input: unknown = args['input']
    const clientMutationId =
      typeof input === 'object' && input !== null && 'clientMutationId' in input ? input.clientMutationId : null
    context.renewLoaders()
    try {
      return { userErrors: [], ...((await resolve(source, args, context, info)) as object), clientMutationId }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      return { userErrors: [asPayload(error)], clientMutationId }
    }
  }
}
