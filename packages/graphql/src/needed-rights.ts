// Which rights an operation needs: its selections walked with their types, and what each type and field states in the schema.
import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { UnknownOperation, type UserError } from './errors.js'
import { isRight, refusal, type RightName, type SignedInAccount } from './rights.js'

/**
 * The rights that an operation needs; all of them. Reads `@requiresScopes` and `@tag(name: "public")` out of the schema's syntax tree, so it takes a schema
 * that was built from SDL: a subgraph's own (`buildSubgraph`), or the composed one, `buildASTSchema(parse(supergraphSdl), { assumeValid: true })`. The API
 * schema that a gateway derives has lost its directives and does not do. The document has to be valid for that schema. What `@skip` and `@include` leave out
 * counts too, so the answer depends on the document alone and can be kept with it.
 * `introspection` is the right that `__schema` and `__type` need. Throws OPERATION_RESOLUTION_FAILURE.
 */
export function neededRights(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName?: string | null,
  introspection: RightName = 'schema.read',
): ReadonlySet<RightName> {
  const operation = operationOf(document, operationName)
  const root = schema.getRootType(operation.operation)
  if (!root) throw UnknownOperation()
  const fragments = new Map(document.definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]))
  const needed = new Set<RightName>()
  const seen = new Set<string>()

  const enter = (type: GraphQLNamedType, selections: SelectionSetNode): void => {
    if (isObjectType(type)) for (const right of rightsOf(type.astNode, type.extensionASTNodes)) needed.add(right)
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) field(type, selection.name.value, selection.selectionSet)
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        enter((condition === undefined ? undefined : schema.getType(condition)) ?? type, selection.selectionSet)
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        const condition = fragment && schema.getType(fragment.typeCondition.name.value)
        if (fragment && condition) enter(condition, fragment.selectionSet)
      }
    }
  }
  const field = (type: GraphQLNamedType, name: string, selections: SelectionSetNode | undefined): void => {
    if (name === '__typename') return
    if (type === root && (name === '__schema' || name === '__type' || name === '_service')) {
      needed.add(name === '_service' ? 'schema.read' : introspection)
      return
    }
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined
    if (!definition) return
    const before = needed.size
    if (type === root && name === '_entities') {
      if (selections) enter(getNamedType(definition.type), selections)
      // Without a type's right it would tell everybody which ids exist.
      if (needed.size === before) needed.add('schema.read')
      return
    }
    if (isObjectType(type)) for (const right of fieldRights(type, name)) needed.add(right)
    if (selections) enter(getNamedType(definition.type), selections)
  }

  enter(root, operation.selectionSet)
  return needed
}

/**
 * Why an account (undefined: nobody signed in) may not run an operation; undefined when it may. Callable for each message of a subscription: which rights
 * an operation needs is worked out once for a document.
 */
export type RightsCheck = (
  account: SignedInAccount | undefined,
  document: DocumentNode,
  operationName?: string | null,
) => UserError | undefined

/** A check over one schema; see `neededRights` for which schema and for `introspection`. */
export function createRightsCheck(schema: GraphQLSchema, introspection?: RightName): RightsCheck {
  const known = new WeakMap<DocumentNode, Map<string, ReadonlySet<RightName>>>()
  return (account, document, operationName) => {
    let operations = known.get(document)
    if (!operations) known.set(document, (operations = new Map()))
    const name = operationName ?? ''
    let needed = operations.get(name)
    if (!needed) operations.set(name, (needed = neededRights(schema, document, operationName, introspection)))
    for (const right of needed) {
      const error = refusal(account, right)
      if (error) return error
    }
    return undefined
  }
}

/** What a field states. Throws for one that states nothing, which `buildSubgraph` does not let through. */
function fieldRights(type: GraphQLObjectType, field: string): readonly RightName[] {
  const definition = type.getFields()[field]
  const rights = rightsOf(definition?.astNode, [])
  if (rights.length === 0) throw new Error(`${type.name}.${field} states no right.`)
  return rights
}

type Annotated = { readonly directives?: readonly DirectiveNode[] | undefined }

/** All scopes named, also where `@requiresScopes` offers alternatives: ours never does, and asking for more than needed lets nobody in. */
function rightsOf(node: Annotated | null | undefined, extensions: readonly Annotated[]): RightName[] {
  const directives = [node, ...extensions].flatMap((annotated) => annotated?.directives ?? [])
  return directives.flatMap((directive): RightName[] => {
    const value: unknown = directive.arguments?.[0] && valueFromASTUntyped(directive.arguments[0].value)
    if (directive.name.value === 'tag') return value === 'public' ? ['public'] : []
    if (directive.name.value !== 'requiresScopes' || !Array.isArray(value)) return []
    return value.flat().map((scope) => {
      if (!isRight(scope)) throw new Error(`The schema asks for the right ${String(scope)}, which is not in the table.`)
      return scope
    })
  })
}

/** The operation that a request means. Throws OPERATION_RESOLUTION_FAILURE. */
export function operationOf(document: DocumentNode, operationName: string | null | undefined): OperationDefinitionNode {
  const operations = document.definitions.filter(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  )
  const [operation, ...others] = operationName
    ? operations.filter(({ name }) => name?.value === operationName)
    : operations
  if (!operation || others.length > 0) throw UnknownOperation()
  return operation
}

function isFragment(node: { kind: string }): node is FragmentDefinitionNode {
  return node.kind === Kind.FRAGMENT_DEFINITION
}
