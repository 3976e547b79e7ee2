// Which right each field of a subgraph needs, as `@Right` states it, and the same printed into its SDL.
import {
  getNamedType,
  isObjectType,
  Kind,
  visit,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { isRight, type RightName } from './rights.js'

/** The right of a type (needed wherever a field leads to it) and of its fields. Root types have fields only. */
export interface TypeRights {
  type?: RightName
  fields: ReadonlyMap<string, RightName>
}

/**
 * Reads the rights of all types:
 * - a field needs what it states, else what its type (its resolver class) states;
 * - a root field has to state its right;
 * - an entity (a type with `@key`) has to state its right;
 * - any other type (connections, edges, payloads, values inside an entity) that states none has the right that all the fields leading to it agree on.
 * Throws an error that lists every root field and type that is left without one.
 */
export function statedRights(schema: GraphQLSchema): ReadonlyMap<string, TypeRights> {
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
  const types = Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  )
  const typeRights = new Map<string, RightName>()
  for (const type of types) {
    const right: unknown = type.extensions['right']
    if (!roots.has(type) && isRight(right)) typeRights.set(type.name, right)
  }
  const rightOf = (type: GraphQLObjectType, field: string): RightName | undefined => {
    const stated: unknown = type.getFields()[field]?.extensions['right']
    return isRight(stated) ? stated : typeRights.get(type.name)
  }

  const leading = leadingFields(types)
  const open = types.filter((type) => !roots.has(type) && !typeRights.has(type.name))
  const problems: string[] = []
  // Each round gives a right to the types that the rounds before it have reached: values inside values.
  for (let found = true; found;) {
    found = false
    for (const type of open.filter((candidate) => !typeRights.has(candidate.name) && !isEntity(candidate))) {
      const rights = (leading.get(type.name) ?? []).map(({ from, field }) => rightOf(from, field))
      const [right, ...others] = new Set(rights)
      if (right && others.length === 0) {
        typeRights.set(type.name, right)
        found = true
      }
    }
  }
  for (const type of open.filter(({ name }) => !typeRights.has(name))) {
    const from = (leading.get(type.name) ?? []).map(({ from: { name }, field }) => `${name}.${field}`)
    problems.push(
      isEntity(type)
        ? `the entity ${type.name}`
        : `the type ${type.name} (the fields that lead to it state none or do not agree: ${from.join(', ') || 'none'})`,
    )
  }
  const result = new Map<string, TypeRights>()
  for (const type of types) {
    const fields = new Map<string, RightName>()
    for (const field of Object.keys(type.getFields())) {
      const right = rightOf(type, field)
      if (right) fields.set(field, right)
      else if (roots.has(type)) problems.push(`${type.name}.${field}`)
    }
    const right = typeRights.get(type.name)
    result.set(type.name, { ...(right ? { type: right } : {}), fields })
  }
  if (problems.length > 0) {
    throw new Error(
      `No right is stated for:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
        "State one with @Right('…') (packages/graphql/src/rights.ts has the table) at the field, its type or its resolver class.",
    )
  }
  return result
}

/** Prints rights into an SDL: `@requiresScopes(scopes: [["profiles.read"]])` at types and fields, `@tag(name: "public")` for public ones. */
export function printRights(sdl: DocumentNode, rights: ReadonlyMap<string, TypeRights>): DocumentNode {
  return visit(sdl, {
    ObjectTypeDefinition: {
      leave(type) {
        const { type: right, fields } = rights.get(type.name.value) ?? { fields: new Map<string, RightName>() }
        return {
          ...type,
          directives: [...(type.directives ?? []), ...directives(right)],
          fields: (type.fields ?? []).map((field) => ({
            ...field,
            directives: [...(field.directives ?? []), ...directives(fields.get(field.name.value))],
          })),
        }
      },
    },
  })
}

function directives(right: RightName | undefined): ConstDirectiveNode[] {
  if (!right) return []
  if (right === 'public') return [directive('tag', 'name', { kind: Kind.STRING, value: 'public' })]
  const scope = { kind: Kind.STRING, value: right } as const
  return [directive('requiresScopes', 'scopes', { kind: Kind.LIST, values: [{ kind: Kind.LIST, values: [scope] }] })]
}

type ConstValue = NonNullable<ConstDirectiveNode['arguments']>[number]['value']

function directive(name: string, argument: string, value: ConstValue): ConstDirectiveNode {
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: name },
    arguments: [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argument }, value }],
  }
}

function leadingFields(types: readonly GraphQLObjectType[]): Map<string, { from: GraphQLObjectType; field: string }[]> {
  const leading = new Map<string, { from: GraphQLObjectType; field: string }[]>()
  for (const from of types) {
    for (const [field, { type }] of Object.entries(from.getFields())) {
      const to = getNamedType(type).name
      leading.set(to, [...(leading.get(to) ?? []), { from, field }])
    }
  }
  return leading
}

function isEntity({ astNode }: GraphQLObjectType): boolean {
  return astNode?.directives?.some(({ name }) => name.value === 'key') ?? false
}
