// The event and the profile subgraph as light as they can be: rows in memory, a document read once, no sign-in. What is measured is what stands in front of them.
import { createServer } from 'node:http'
import {
  Kind,
  parse,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'

type Row = Readonly<Record<string, unknown>>
type Variables = Readonly<Record<string, unknown>>

interface Question {
  operation: OperationDefinitionNode
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

const known = new Map<string, Question>()

function read(query: string): Question {
  let question = known.get(query)
  if (!question) {
    const { definitions } = parse(query, { noLocation: true })
    const fragments = new Map<string, FragmentDefinitionNode>()
    let operation: OperationDefinitionNode | undefined
    for (const node of definitions) {
      if (node.kind === Kind.OPERATION_DEFINITION) operation = node
      else if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
    }
    if (!operation) throw new Error('No operation.')
    known.set(query, (question = { operation, fragments }))
  }
  return question
}

function profileOf(id: unknown): Row {
  return {
    __typename: 'Profile',
    id,
    displayName: `Person ${String(id).slice(-4)}`,
    identified: true,
    firstSeenAt: '2026-01-01T00:00:00.000Z',
    lastSeenAt: '2026-01-02T00:00:00.000Z',
  }
}

function eventOf(number: number): Row {
  const tail = number.toString(16).padStart(12, '0')
  return {
    __typename: 'Event',
    id: `0190a1b2-0002-7000-8000-${tail}`,
    type: 'page-visit',
    occurredAt: '2026-01-02T00:00:00.000Z',
    receivedAt: '2026-01-02T00:00:00.100Z',
    valid: true,
    sourceId: 'shop',
    tags: [],
    profile: { __typename: 'Profile', id: `0190a1b2-0001-7000-8000-${tail}` },
  }
}

/** Root fields, by what they are asked with. */
const ROOTS: Readonly<Record<string, (args: Variables) => unknown>> = {
  _entities: ({ representations }) => (representations as { id: string }[]).map(({ id }) => profileOf(id)),
  event: ({ id }) => eventOf(Number.parseInt(String(id).slice(-12), 16)),
  events: ({ first, after }) => {
    const start = Number(after ?? 0)
    const nodes = Array.from({ length: Number(first) }, (_, i) => eventOf(start + i))
    return {
      __typename: 'EventConnection',
      edges: nodes.map((node, i) => ({ __typename: 'EventEdge', node, cursor: String(start + i) })),
      pageInfo: { __typename: 'PageInfo', hasNextPage: true, endCursor: String(start + nodes.length) },
    }
  },
}

function answer({ operation, fragments }: Question, variables: Variables): Row {
  const valueOf = (node: ValueNode): unknown =>
    node.kind === Kind.VARIABLE ? variables[node.name.value] : 'value' in node ? node.value : undefined
  const project = (value: unknown, set: SelectionSetNode | undefined): unknown => {
    if (!set || value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map((item) => project(item, set))
    const result: Record<string, unknown> = {}
    select(value as Row, set, result)
    return result
  }
  const select = (row: Row | undefined, { selections }: SelectionSetNode, into: Record<string, unknown>): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value
        const value = row
          ? row[name]
          : ROOTS[name]?.(
              Object.fromEntries((selection.arguments ?? []).map((arg) => [arg.name.value, valueOf(arg.value)])),
            )
        into[selection.alias?.value ?? name] = project(value, selection.selectionSet)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        select(row, selection.selectionSet, into)
      } else {
        const fragment = fragments.get(selection.name.value)
        if (fragment) select(row, fragment.selectionSet, into)
      }
    }
  }
  const data: Record<string, unknown> = {}
  select(undefined, operation.selectionSet, data)
  return { data }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { query, variables = {} } = JSON.parse(Buffer.concat(chunks).toString()) as {
      query: string
      variables?: Variables
    }
    const text = JSON.stringify(answer(read(query), variables))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
})
process.on('SIGTERM', () => process.exit(0))
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0))
