// How deep, how wide and how costly an operation is, measured on its document before anything walks that for real.
import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { DEFAULT_PAGE_SIZE } from './connection.js'
import { InvalidFragment, QueryTooDeep, QueryTooLarge } from './errors.js'

/**
 * Levels of fields. A connection takes three (`events { edges { node`), so this is four connections inside each other and what hangs on
 * their nodes; a gateway's fetch at a subgraph is never deeper than what it was asked.
 */
const MAX_DEPTH = 20
/** Fields, fragments spelled out: bounds what aliases and fragments in fragments can ask in a small document. The page's largest asks 150. */
const MAX_FIELDS = 2000
/** Selections looked at in a whole document: fields, and fragments that lead nowhere. */
const MAX_SELECTIONS = 5 * MAX_FIELDS
/** Fields under other names: each at the root is a call of its own, and a document of a few kilobytes could hold a thousand logins. */
const MAX_ALIASES = 200
/** Fragments inside each other: so deep nobody writes, and much deeper ends the stack of what walks them. */
const MAX_NESTING = 100
/** Calls that change something; they run one after the other. */
const MAX_MUTATIONS = 20
/**
 * The same field at the same place, as fragments repeat it: validation compares each with each, which takes seconds from some thousand on.
 */
const MAX_REPEATS = 100
/** Fields, and nodes of lists: 200 profiles with their last 95 events each, about 20 MB. */
export const MAX_COST = 20_000

/** What an operation may cost: its fields, and as many nodes as its pages can hold. `variables` are coerced. Throws QUERY_TOO_LARGE above `MAX_COST`. */
export type Cost = (variables: Readonly<Record<string, unknown>>) => number

/** A connection, with those inside it. `page` is a size, or the name of the variable that has it. */
interface Pages {
  page: number | string
  inner: Pages[]
}

/** How often a field stands at a place, with the places below it. */
interface Place {
  repeats: number
  below: Map<string, Place>
}

/**
 * Measures an operation; throws QUERY_TOO_DEEP or QUERY_TOO_LARGE. The document need not be valid: this comes first, because validation itself is slow for hostile
 * ones. It stops at the first limit, so these cost no more than honest ones. What the operation does not use of its document is measured too: validation looks at it.
 */
export function measure(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const operations: OperationDefinitionNode[] = []
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) {
      const name = node.name.value
      if (fragments.has(name)) throw InvalidFragment({ problem: 'There are two fragments with the name', name })
      fragments.set(name, node)
    }
    if (node.kind === Kind.OPERATION_DEFINITION && node !== operation) operations.push(node)
  }
  const looked: Looked = { selections: 0, fragments: new Set() }
  const cost = measureOperation(schema, fragments, operation, looked)
  for (const other of operations) measureOperation(schema, fragments, other, looked)
  for (const name of fragments.keys()) {
    if (!looked.fragments.has(name)) throw InvalidFragment({ problem: 'No operation uses the fragment', name })
  }
  return cost
}

/** What was looked at of a document so far. */
interface Looked {
  selections: number
  /** Names of those that operations use. */
  fragments: Set<string>
}

function measureOperation(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  operation: OperationDefinitionNode,
  looked: Looked,
): Cost {
  let fields = 0
  let aliases = 0
  let mutations = 0
  let nesting = 0
  /** Fragments that are being spelled out: one inside itself is for validation to refuse. */
  const open = new Set<string>()

  const countField = ({ alias }: FieldNode, depth: number): void => {
    fields += 1
    if (fields > MAX_FIELDS) throw QueryTooLarge({ limit: MAX_FIELDS, what: 'fields' })
    if (depth === 1 && operation.operation === 'mutation') {
      mutations += 1
      if (mutations > MAX_MUTATIONS) throw QueryTooLarge({ limit: MAX_MUTATIONS, what: 'mutations' })
    }
    if (alias) aliases += 1
    if (aliases > MAX_ALIASES) throw QueryTooLarge({ limit: MAX_ALIASES, what: 'aliases' })
  }
  const placeOf = (field: FieldNode, places: Map<string, Place>): Place => {
    const name = field.alias?.value ?? field.name.value
    let place = places.get(name)
    if (!place) places.set(name, (place = { repeats: 0, below: new Map() }))
    place.repeats += 1
    if (place.repeats > MAX_REPEATS) throw QueryTooLarge({ limit: MAX_REPEATS, what: `times ${name}` })
    return place
  }
  const walk = (
    set: SelectionSetNode,
    type: GraphQLCompositeType | undefined,
    depth: number,
    pages: Pages[],
    places: Map<string, Place>,
  ): void => {
    if (depth > MAX_DEPTH) throw QueryTooDeep({ depth, limit: MAX_DEPTH })
    for (const selection of set.selections) {
      looked.selections += 1
      if (looked.selections > MAX_SELECTIONS) throw QueryTooLarge({ limit: MAX_SELECTIONS, what: 'selections' })
      if (selection.kind === Kind.FIELD) {
        countField(selection, depth)
        const { below } = placeOf(selection, places)
        if (!selection.selectionSet) continue
        const inner = fieldType(type, selection.name.value)
        let innerPages = pages
        if (inner?.name.endsWith('Connection')) {
          const connection: Pages = { page: pageOf(selection), inner: [] }
          pages.push(connection)
          innerPages = connection.inner
        }
        walk(selection.selectionSet, inner, depth + 1, innerPages, below)
        continue
      }
      nesting += 1
      if (nesting > MAX_NESTING) throw QueryTooDeep({ depth: nesting, limit: MAX_NESTING })
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        walk(selection.selectionSet, condition ? named(schema, condition) : type, depth, pages, places)
      } else {
        const name = selection.name.value
        const fragment = fragments.get(name)
        looked.fragments.add(name)
        if (fragment && !open.has(name)) {
          open.add(name)
          walk(fragment.selectionSet, named(schema, fragment.typeCondition.name.value), depth, pages, places)
          open.delete(name)
        }
      }
      nesting -= 1
    }
  }
  const pages: Pages[] = []
  walk(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, 1, pages, new Map())
  const cost: Cost = (variables) => {
    const total = fields + nodes(pages, 1, variables)
    if (total > MAX_COST) throw QueryTooLarge({ limit: MAX_COST, what: 'nodes' })
    return total
  }
  if (hasVariables(pages)) return cost
  const total = cost({})
  return () => total
}

function nodes(pages: readonly Pages[], parents: number, variables: Readonly<Record<string, unknown>>): number {
  let sum = 0
  for (const { page, inner } of pages) {
    const given = typeof page === 'number' ? page : variables[page]
    const size = parents * (typeof given === 'number' ? Math.max(given, 0) : DEFAULT_PAGE_SIZE)
    sum += size + nodes(inner, size, variables)
  }
  return sum
}

function hasVariables(pages: readonly Pages[]): boolean {
  return pages.some(({ page, inner }) => typeof page === 'string' || hasVariables(inner))
}

/** The page a connection field asks for; sizes that are not allowed are the resolver's to refuse. */
function pageOf(field: FieldNode): number | string {
  for (const { name, value } of field.arguments ?? []) {
    if (name.value !== 'first' && name.value !== 'last') continue
    if (value.kind === Kind.VARIABLE) return value.name.value
    if (value.kind === Kind.INT) return Number(value.value)
  }
  return DEFAULT_PAGE_SIZE
}

function fieldType(type: GraphQLCompositeType | undefined, field: string): GraphQLCompositeType | undefined {
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined
  const result = type.getFields()[field]?.type
  const inner = result && getNamedType(result)
  return isCompositeType(inner) ? inner : undefined
}

function named(schema: GraphQLSchema, name: string): GraphQLCompositeType | undefined {
  const type = schema.getType(name)
  return isCompositeType(type) ? type : undefined
}
