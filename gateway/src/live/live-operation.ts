// A subscription that was prepared: what to ask of the subgraph that has it, and how to complete what that says with the other subgraphs.
import { executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { coerceVariables } from '@segue/graphql'
import type { Logger } from '@segue/service'
import {
  Kind,
  parse,
  print,
  visit,
  type ArgumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLError,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql'
import type { GatewayContext } from '../context.js'
import { CannotPlan } from '../errors.js'
import type { Operation } from '../operation.js'

type Variables = Readonly<Record<string, unknown>>

/** What a subgraph says: GraphQL's response, with a mark of ours (see `LiveMarks` of the subgraphs). */
export type LiveAnswer = ExecutionResult<Record<string, unknown>> & { extensions?: Record<string, unknown> }

/** A message, completed. */
export interface LiveResult {
  data?: unknown
  errors?: readonly GraphQLError[]
}

export class LiveOperation {
  /** Whose subscription it is. */
  readonly subgraph: string
  readonly #text: string
  readonly #name: string | undefined
  readonly #taken: readonly string[]
  /** Response key of the subscription's field. */
  readonly #key: string
  /** Under which name the cursor of a message comes back, and the variable in which it is sent; the client's document has neither. */
  readonly #own: string
  readonly #after: ArgumentNode | undefined
  /** The variable that only says where to go on. */
  readonly afterVariable: string | undefined
  readonly #plan: QueryPlan
  readonly #primary: string

  constructor(
    readonly operation: Operation,
    private readonly sources: Readonly<Record<string, GraphQLDataSource<GatewayContext>>>,
    private readonly logger: Logger,
  ) {
    const { node } = operation.plan
    if (node?.kind !== 'Subscription') throw new Error('A subscription was planned as something else.')
    const { primary, rest } = node
    this.#plan = { kind: 'QueryPlan', node: { kind: 'Sequence', nodes: rest ? [primary, rest] : [primary] } }
    this.#primary = primary.operation
    this.subgraph = primary.serviceName
    this.#name = primary.operationName
    const document = parse(primary.operation)
    const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
    const [field] = definition?.selectionSet.selections ?? []
    if (!definition || field?.kind !== Kind.FIELD)
      throw CannotPlan({ problem: 'select one field, without conditions.' })
    this.#key = field.alias?.value ?? field.name.value
    this.#own = unusedIn(primary.operation)
    this.#after = field.arguments?.find(({ name }) => name.value === 'after')
    const variable = this.#after?.value.kind === Kind.VARIABLE ? this.#after.value.name.value : undefined
    this.afterVariable = variable !== undefined && usesOf(operation, variable) === 1 ? variable : undefined
    const resumable = this.#resumable(definition, field)
    this.#taken = (resumable.variableDefinitions ?? []).map((each) => each.variable.name.value)
    this.#text = print({
      ...document,
      definitions: document.definitions.map((each) => (each === definition ? resumable : each)),
    })
  }

  /** The variables, checked, with their defaults. Throws BAD_USER_INPUT or QUERY_TOO_LARGE. */
  checked(variables: Variables): Variables {
    const { supergraph, definition, cost } = this.operation
    const coerced = coerceVariables(supergraph.api, definition, variables)
    cost(coerced)
    return coerced
  }

  /** Where a client wants to go on; of coerced variables. */
  afterOf(coerced: Variables): string | undefined {
    const value = this.#after?.value
    const after = value?.kind === Kind.VARIABLE ? coerced[value.name.value] : value?.kind === Kind.STRING && value.value
    return typeof after === 'string' ? after : undefined
  }

  /** What to ask of the subgraph: as the client asks, from another place, and always for the cursor. */
  upstream(variables: Variables, after: string | undefined) {
    const own = Object.entries(variables).filter(([name]) => this.#taken.includes(name))
    return {
      query: this.#text,
      ...(this.#name === undefined ? {} : { operationName: this.#name }),
      variables: { ...Object.fromEntries(own), [this.#own]: after ?? null },
    }
  }

  /** The cursor of a message; undefined where it failed. */
  cursorOf({ data }: LiveAnswer): string | undefined {
    const message = data?.[this.#key] as Record<string, unknown> | null | undefined
    const cursor = message?.[this.#own]
    return typeof cursor === 'string' ? cursor : undefined
  }

  /** Adds what the other subgraphs know. What one of them cannot say is an error at its place; never rejects for that. */
  async complete(answer: LiveAnswer, variables: Variables, context: GatewayContext): Promise<LiveResult> {
    const { operation, sources } = this
    const real = sources[this.subgraph]
    const told: GraphQLDataSource<GatewayContext> = {
      process: async (options) =>
        options.request.query === this.#primary || !real ? (answer as never) : await real.process(options),
    }
    const { data, errors } = await executeQueryPlan(
      this.#plan,
      { ...sources, [this.subgraph]: told },
      // What an executor reads of a request; `metrics` it writes errors into.
      { request: { variables }, context, metrics: {}, logger: this.logger } as never,
      operation.context,
      operation.supergraph.executable,
      operation.supergraph.federatedApi,
    )
    return { ...(data === undefined ? {} : { data }), ...(errors ? { errors } : {}) }
  }

  #resumable(definition: OperationDefinitionNode, field: FieldNode): OperationDefinitionNode {
    const name = { kind: Kind.NAME, value: this.#own } as const
    const after: ArgumentNode = {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'after' },
      value: { kind: Kind.VARIABLE, name },
    }
    const cursor: FieldNode = { kind: Kind.FIELD, alias: name, name: { kind: Kind.NAME, value: 'cursor' } }
    const variable: VariableDefinitionNode = {
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name },
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: 'String' } },
    }
    const others = (definition.variableDefinitions ?? []).filter(
      (each) => each.variable.name.value !== this.afterVariable,
    )
    return {
      ...definition,
      variableDefinitions: [...others, variable],
      selectionSet: {
        kind: Kind.SELECTION_SET,
        selections: [
          {
            ...field,
            arguments: [...(field.arguments ?? []).filter((each) => each !== this.#after), after],
            selectionSet: {
              kind: Kind.SELECTION_SET,
              selections: [...(field.selectionSet?.selections ?? []), cursor],
            },
          },
        ],
      },
    }
  }
}

function unusedIn(text: string): string {
  let name = 'place'
  while (text.includes(name)) name += '_'
  return name
}

/** How often a variable is used, beside its definition. */
function usesOf({ document }: Operation, variable: string): number {
  let uses = -1
  visit(document, {
    Variable: ({ name }) => {
      if (name.value === variable) uses += 1
    },
  })
  return uses
}
