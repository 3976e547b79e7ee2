// Operations as they are sent: mutations get an id that makes them repeatable, subscriptions a place to go on from.
import { Kind, print, type DocumentNode } from '@0no-co/graphql.web'
import type { Operation } from './post.js'

type Definition = DocumentNode['definitions'][number]
type OperationNode = Extract<Definition, { kind: 'OperationDefinition' }>
type FieldNode = Extract<OperationNode['selectionSet']['selections'][number], { kind: 'Field' }>

export interface Request extends Operation {
  /** Whether it may be sent again when nobody knows what became of it; ids of mutations are remembered for who is signed in. */
  repeatable: 'always' | 'signed in' | 'never'
}

export interface Subscription {
  /** Sent again after `resumeFrom`, it goes on from there. */
  operation: Operation
  resumeFrom(cursor: string): void
  /** Takes what we asked for besides out of a message. */
  read(data: unknown): { data: unknown; cursor: string | undefined; missed: boolean }
}

const named = (value: string) => ({ kind: Kind.NAME, value }) as const
const variable = (name: string) => ({ kind: Kind.VARIABLE, name: named(name) }) as const
const string = (name: string) => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable: variable(name),
  type: { kind: Kind.NAMED_TYPE, name: named('String') } as const,
})

function operationOf(document: DocumentNode): OperationNode {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
  if (!operation) throw new Error('The document has no operation, only fragments: send one that spreads them.')
  return operation
}

/** The document with other root fields and more variables. */
function printWith(document: DocumentNode, selections: OperationNode['selectionSet']['selections'], more: string[]) {
  const operation = operationOf(document)
  const changed: OperationNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), ...more.map(string)],
    selectionSet: { ...operation.selectionSet, selections },
  }
  return print({ ...document, definitions: document.definitions.map((each) => (each === operation ? changed : each)) })
}

/** How a query or mutation is sent. A mutation without a `clientMutationId` of its caller's gets one. */
export function requestOf(document: DocumentNode, given: object): Request {
  const operation = operationOf(document)
  const variables: Record<string, unknown> = { ...given }
  if (operation.operation !== 'mutation') {
    return { query: print(document), variables, repeatable: 'always' }
  }
  const added: string[] = []
  const inputs = new Set<string>()
  let repeatable: Request['repeatable'] = 'signed in'
  const selections = operation.selectionSet.selections.map((field) => {
    const input = field.kind === Kind.FIELD && field.arguments?.find(({ name }) => name.value === 'input')?.value
    if (input && input.kind === Kind.VARIABLE && !inputs.has(input.name.value)) {
      inputs.add(input.name.value)
      const value = variables[input.name.value]
      if (typeof value === 'object' && value) {
        variables[input.name.value] = { ...value, clientMutationId: idOf(value) }
      }
      return field
    }
    if (input && input.kind === Kind.OBJECT) {
      if (input.fields.some(({ name }) => name.value === 'clientMutationId')) return field
      const name = `clientMutationId${added.length}`
      added.push(name)
      variables[name] = crypto.randomUUID()
      const id = { kind: Kind.OBJECT_FIELD, name: named('clientMutationId'), value: variable(name) } as const
      const value = { ...input, fields: [...input.fields, id] }
      return { ...field, arguments: [{ kind: Kind.ARGUMENT, name: named('input'), value } as const] }
    }
    // One input for two fields would be one id for two changes; a fragment could hide either.
    repeatable = 'never'
    return field
  })
  return { query: printWith(document, selections, added), variables, repeatable }
}

function idOf(input: object): unknown {
  return ('clientMutationId' in input && input.clientMutationId) || crypto.randomUUID()
}

const CURSOR = 'clientCursor'
const MISSED = 'clientMissed'

/** How a subscription is sent, whatever it asks for itself of where it stands. */
export function subscriptionOf(document: DocumentNode, given: object): Subscription {
  const [field] = operationOf(document).selectionSet.selections
  if (field?.kind !== Kind.FIELD || !field.selectionSet) {
    throw new Error('A subscription names its one field itself, outside of fragments.')
  }
  const after = field.arguments?.find(({ name }) => name.value === 'after')?.value
  const place = after?.kind === Kind.VARIABLE ? after.name.value : 'clientAfter'
  const variables: Record<string, unknown> = { ...given }
  if (after?.kind === Kind.STRING) variables[place] = after.value
  const others = field.arguments?.filter(({ name }) => name.value !== 'after') ?? []
  const asked = (alias: string, name: string): FieldNode => ({
    kind: Kind.FIELD,
    alias: named(alias),
    name: named(name),
  })
  const resumable: FieldNode = {
    ...field,
    arguments: [...others, { kind: Kind.ARGUMENT, name: named('after'), value: variable(place) }],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...field.selectionSet.selections, asked(CURSOR, 'cursor'), asked(MISSED, 'missed')],
    },
  }
  const query = printWith(document, [resumable], after?.kind === Kind.VARIABLE ? [] : [place])
  const key = field.alias?.value ?? field.name.value
  return {
    operation: { query, variables },
    resumeFrom: (cursor) => (variables[place] = cursor),
    read(data) {
      const message = (data as Record<string, Record<string, unknown> | null>)[key]
      if (!message) return { data, cursor: undefined, missed: false }
      const { [CURSOR]: cursor, [MISSED]: missed, ...rest } = message
      return {
        data: { [key]: rest },
        cursor: typeof cursor === 'string' ? cursor : undefined,
        missed: missed === true,
      }
    },
  }
}
