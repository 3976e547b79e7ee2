// Marks what is a secret (a password, a key, a token), so that nothing of it is kept beside where it belongs.
import { Extensions } from 'type-graphql'

const SECRET = { secret: true }

/**
 * On a field of a mutation's input or payload: it is left out of what is kept for repeats by `clientMutationId`. A secret of an input does not count
 * when two inputs are compared, and a repeated answer has null for a secret of its payload, whose field must be nullable therefore.
 */
export function Secret(): PropertyDecorator {
  return (target, key) => Extensions(SECRET)(target, key, {})
}

/** Whether a field of type-graphql's schema is marked. */
export function isSecret({ extensions }: { extensions: Readonly<Record<string, unknown>> }): boolean {
  return extensions['secret'] === true
}
