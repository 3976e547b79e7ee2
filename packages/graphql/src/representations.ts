// What a gateway asks entities by: checked before they are resolved, so that a malformed one is its sender's mistake and not ours.
import { isObjectType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql'
import { BadRepresentation } from './errors.js'

/** Longer than any id: an event type's has 128 characters. */
const LONGEST_ID = 200

/**
 * Has `Query._entities` refuse what is no `{ __typename, id }` of an entity of this subgraph: BAD_REPRESENTATION. Whether there is such an entity is for its
 * reference resolver to say. A schema without entities stays as it is.
 */
export function checkRepresentations(schema: GraphQLSchema): void {
  const field = schema.getQueryType()?.getFields()['_entities']
  if (!field?.resolve) return
  const resolve = field.resolve as GraphQLFieldResolver<unknown, unknown>
  const entities = entityNames(schema)
  field.resolve = (source, args: Record<string, unknown>, context, info) => {
    const given = Array.isArray(args['representations']) ? args['representations'] : []
    given.forEach((representation: unknown, index) => {
      const problem = problemOf(representation, entities)
      if (problem) throw BadRepresentation({ problem }, ['representations', String(index)])
    })
    return resolve(source, args, context, info)
  }
}

function problemOf(representation: unknown, entities: ReadonlySet<string>): string | undefined {
  if (typeof representation !== 'object' || representation === null || Array.isArray(representation)) {
    return 'It is no object.'
  }
  const { __typename: type, id } = representation as Record<string, unknown>
  if (typeof type !== 'string' || !entities.has(type)) return 'Its __typename is no entity of this subgraph.'
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID) return 'Its id is no text of 1 to 200 characters.'
  return undefined
}

/** Types with a key. */
function entityNames(schema: GraphQLSchema): ReadonlySet<string> {
  return new Set(
    Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && type.astNode?.directives?.some(({ name }) => name.value === 'key'))
      .map(({ name }) => name),
  )
}
