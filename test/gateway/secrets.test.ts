// Passwords, keys and tokens of mutations are marked, so that nothing of them is kept for repeats or compared.
import { expect, test } from '@jest/globals'
import { buildSubgraph, type SubgraphSchema } from '@segue/graphql'
import { definition as event } from '@segue/subgraph-event'
import { definition as platform } from '@segue/subgraph-platform'
import { definition as profile } from '@segue/subgraph-profile'
import { definition as segment } from '@segue/subgraph-segment'
import { definition as workflow } from '@segue/subgraph-workflow'
import { getNamedType, isInputObjectType, isNonNullType, isObjectType, type GraphQLNamedType } from 'graphql'

const DEFINITIONS = { profile, event, workflow, segment, platform } as unknown as Record<string, SubgraphSchema>

/** What a secret is called. */
const SECRET = /password|secret|token|key$/i

const fieldsOf = (type: GraphQLNamedType) =>
  isInputObjectType(type) || isObjectType(type) ? Object.values(type.getFields()) : []

test('every field of a mutation that is called like a secret is marked as one, and its answer can do without it', async () => {
  const [unmarked, required]: string[][] = [[], []]
  let marked = 0
  for (const definition of Object.values(DEFINITIONS)) {
    const { schema, secrets } = await buildSubgraph(definition)
    for (const { name, args, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      const input = args.flatMap((argument) => fieldsOf(getNamedType(argument.type)))
      const payload = fieldsOf(getNamedType(type))
      const own = secrets.get(name)
      for (const [fields, known] of [
        [input, own?.input],
        [payload, own?.payload],
      ] as const) {
        for (const field of fields.filter(
          (candidate) => SECRET.test(candidate.name) && !isObjectType(getNamedType(candidate.type)),
        )) {
          if (known?.has(field.name)) marked += 1
          else unmarked?.push(`${name}: ${field.name}`)
        }
      }
      required?.push(
        ...payload
          .filter((field) => own?.payload.has(field.name) && isNonNullType(field.type))
          .map((field) => `${name}: ${field.name}`),
      )
    }
  }
  expect(unmarked).toEqual([])
  expect(required).toEqual([])
  expect(marked).toBeGreaterThanOrEqual(10)
})
