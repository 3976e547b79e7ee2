// Operations made from the composed schema: a minimal one for each root field, and for each type one that reads all of its fields.
import {
  buildASTSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  parse,
  valueFromASTUntyped,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** The composed schema with what it states of each field. */
export async function composedSchema(): Promise<GraphQLSchema> {
  const sdl = await readFile(new URL('../../gateway/supergraph.graphql', import.meta.url), 'utf8')
  return buildASTSchema(parse(sdl), { assumeValid: true })
}

/** Types that clients see, in the order of the schema. */
export function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  )
}

/** The arguments of a directive at a type or a field, one list for each time that it is there: `@requiresScopes(scopes: [["x"]])` → [[[["x"]]]]. */
export function stated(
  node:
    | {
        readonly directives?: readonly { name: { value: string }; arguments?: readonly { value: unknown }[] }[]
      }
    | null
    | undefined,
  directive: string,
): unknown[][] {
  return (node?.directives ?? [])
    .filter(({ name }) => name.value === directive)
    .map(({ arguments: given }) => (given ?? []).map(({ value }) => valueFromASTUntyped(value as never)))
}

/** A field of a root type with the least that makes it valid: made-up arguments, and `__typename` of what it answers. */
export function minimalOperation(
  operation: 'query' | 'mutation' | 'subscription',
  field: GraphQLField<unknown, unknown>,
): string {
  const given = field.args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${madeUp(type, name)}`)
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }'
  return `${operation} { ${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection} }`
}

function madeUp(type: GraphQLInputType, name: string): string {
  if (isNonNullType(type)) return madeUp(type.ofType, name)
  if (isListType(type)) return `[${madeUp(type.ofType, name)}]`
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isRequiredInputField)
    return `{ ${fields.map((field) => `${field.name}: ${madeUp(field.type, field.name)}`).join(', ')} }`
  }
  switch (type.name) {
    case 'Int':
      return '1'
    case 'Float':
      return '1.5'
    case 'Boolean':
      return 'true'
    case 'DateTime':
      return '"2026-03-01T00:00:00.000Z"'
    case 'ID':
      return `"${randomUUID()}"`
    case 'JSONObject':
    case 'JSON':
      return '{}'
    default:
      return name === 'email' ? `"${randomUUID()}@example.com"` : `"made up ${randomUUID()}"`
  }
}

/** A query that reads every field of a type which needs no further selection, by the shortest way to it. */
export interface Reading {
  type: string
  fields: string[]
  query: string
}

/**
 * A reading of every type that queries lead to. `argumentsOf` gives the arguments of a field (`Query.profile` → `id: "…"`); null leaves the field out. Each
 * page is of `first` entries.
 */
export function readings(
  schema: GraphQLSchema,
  argumentsOf: (type: string, field: string) => string | null | undefined,
): Reading[] {
  const root = schema.getQueryType()
  if (!root) throw new Error('The schema has no queries.')
  const ways = new Map<string, (selection: string) => string>([[root.name, (selection) => `{ ${selection} }`]])
  const queue: GraphQLObjectType[] = [root]
  const result: Reading[] = []
  for (let type = queue.shift(); type; type = queue.shift()) {
    const way = ways.get(type.name) ?? ((selection: string) => selection)
    const leaves: string[] = []
    for (const field of Object.values(type.getFields())) {
      const called = callOf(type, field, argumentsOf(type.name, field.name))
      if (called === undefined) continue
      const target = getNamedType(field.type)
      if (isLeafType(target)) leaves.push(called)
      const targets = isUnionType(target) ? target.getTypes() : isObjectType(target) ? [target] : []
      for (const next of targets) {
        if (ways.has(next.name)) continue
        const within = isUnionType(target)
          ? (selection: string) => `... on ${next.name} { ${selection} }`
          : (selection: string) => selection
        ways.set(next.name, (selection) => way(`${called} { __typename ${within(selection)} }`))
        queue.push(next)
      }
    }
    if (leaves.length > 0 || type !== root) {
      const fields = leaves.map((call) => call.replace(/\(.*$/s, ''))
      result.push({ type: type.name, fields, query: way(['__typename', ...leaves].join(' ')) })
    }
  }
  return result
}

/** A field with its arguments; undefined for one that needs arguments and is given none. */
function callOf(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  given: string | null | undefined,
): string | undefined {
  if (given === null) return undefined
  if (given !== undefined) return `${field.name}(${given})`
  if (field.args.some(isRequiredArgument)) throw new Error(`Say what ${type.name}.${field.name} is given.`)
  return field.args.some(({ name }) => name === 'first') ? `${field.name}(first: 20)` : field.name
}
