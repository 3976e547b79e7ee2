// Mutations answer mistakes as data: `{ <thing>, userErrors, clientMutationId }`. These are its types; `mutation-resolver.ts` fills them in.
import { MaxLength } from 'class-validator'
import { GraphQLJSONObject } from 'graphql-scalars'
import { Directive, Field, InputType, Int, ObjectType } from 'type-graphql'
import type { UserError } from './errors.js'
import { Right } from './rights.js'

@Directive('@shareable')
@Right('public')
@ObjectType({
  description: 'Both versions of something that somebody else saved meanwhile: only what you wanted to change.',
})
export class StaleSave {
  @Field(() => Int, { description: 'The version that you changed.' })
  yourVersion!: number

  @Field(() => Int, { description: 'The version that is there now; name it to save over it.' })
  currentVersion!: number

  @Field(() => GraphQLJSONObject, { description: 'What you wanted to save.' })
  yours!: object

  @Field(() => GraphQLJSONObject, { description: 'The same as it is now.' })
  current!: object
}

@Directive('@shareable')
@Right('public')
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

  @Field(() => StaleSave, {
    nullable: true,
    description: 'Of errors whose code begins with STALE_: both versions. Null for all others.',
  })
  stale?: StaleSave | null
}

/** What every mutation's input extends. */
@InputType()
export abstract class MutationInput {
  @Field(() => String, {
    nullable: true,
    description:
      'An id of your own for this change. Sent again with the same input within a day, it is not done again but answered as before. Comes back in the answer.',
  })
  @MaxLength(200)
  clientMutationId?: string | null
}

/** What every mutation's payload extends. Resolvers return only their own fields; the rest is filled in. */
@ObjectType()
export abstract class MutationPayload {
  @Field(() => [MutationUserError], { description: 'What was wrong; empty when all was done.' })
  userErrors?: MutationUserError[]

  @Field(() => String, { nullable: true, description: 'As the input had it.' })
  clientMutationId?: string | null
}

/**
 * A user error as a payload holds it: for resolvers that answer it beside their own field, as in
 * `{ segment: current, userErrors: [asPayload(StaleSegment(…), staleSave(version, changes, current))] }`.
 */
export function asPayload({ code, message, argumentPath: path }: UserError, stale?: StaleSave): MutationUserError {
  return { code, message, path, ...(stale ? { stale } : {}) }
}

/** Both versions, for the error of a stale save: of `current` only what `changes` has too, and nothing that each save changes. */
export function staleSave(yourVersion: number, changes: object, current: object & { version: number }): StaleSave {
  const yours = Object.entries(changes).filter(([name]) => name !== 'updatedAt' && name !== 'version')
  const theirs: Record<string, unknown> = { ...current }
  return {
    yourVersion,
    currentVersion: current.version,
    yours: Object.fromEntries(yours),
    current: Object.fromEntries(yours.map(([name]) => [name, theirs[name] ?? null])),
  }
}
