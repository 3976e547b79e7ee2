import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'

let staging: TestEnvironment
let schema: GraphQLSchema
beforeAll(async () => {
  staging = await startEnvironment('staging')
  schema = buildClientSchema((await staging.ask(getIntrospectionQuery())).data)
})
afterAll(() => staging?.close())

const cursor = (values: unknown): string => Buffer.from(JSON.stringify(values)).toString('base64url')

/** What people, programs and attackers send. */
const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '%',
    '\\',
    '__proto__',
    'null',
    `'; DROP TABLE event; --`,
    'x'.repeat(5000),
  ),
  fc.uuid(),
  fc.tuple(fc.double(), fc.string({ maxLength: 5 }), fc.uuid()).map(cursor),
  fc.tuple(fc.integer(), fc.uuid()).map(cursor),
)
const SCALARS: Record<string, fc.Arbitrary<unknown>> = {
  String: TEXT,
  ID: fc.oneof(fc.uuid(), TEXT),
  Int: fc.oneof(fc.integer({ min: -2, max: 220 }), fc.integer()),
  Float: fc.double({ noNaN: true, noDefaultInfinity: true }),
  Boolean: fc.boolean(),
  DateTime: fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  JSON: fc.jsonValue(),
  JSONObject: fc.oneof(
    fc.dictionary(TEXT, fc.jsonValue(), { maxKeys: 5 }),
    fc.record({
      nodes: fc.array(fc.record({ id: TEXT, type: TEXT, config: fc.object() }), { maxLength: 3 }),
      edges: fc.constant([]),
    }),
  ),
}

function valueOf(type: GraphQLInputType): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valueOf(type.ofType)
  if (isListType(type)) return fc.array(valueOf(type.ofType), { maxLength: 3 })
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name))
  if (isInputObjectType(type)) return recordOf(Object.values(type.getFields()))
  const scalar = SCALARS[type.name]
  if (!scalar) throw new Error(`Nothing to send as ${type.name}`)
  return scalar
}

function recordOf(fields: readonly { name: string; type: GraphQLInputType }[]): fc.Arbitrary<Record<string, unknown>> {
  const required = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name)
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type)])), {
    requiredKeys: required,
  })
}

function operation(kind: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): string {
  const variables = field.args.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ')
  const given = field.args.map((argument) => `${argument.name}: $${argument.name}`).join(', ')
  const leaf = isLeafType(getNamedType(field.type))
  return `${kind} ${variables && `(${variables})`} { result: ${field.name}${given && `(${given})`} ${
    leaf ? '' : kind === 'mutation' ? '{ userErrors { code } }' : '{ __typename }'
  } }`
}

/** An operation; there are some seventy of them. */
const RUNS = 8

test('whatever the arguments of an operation are, the mistake is told, and never an internal error', async () => {
  const operations = [
    ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ['query', field] as const),
    ...Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ['mutation', field] as const),
  ]
  expect(operations.length).toBeGreaterThan(50)
  for (const [kind, field] of operations) {
    const document = operation(kind, field)
    await fc.assert(
      fc.asyncProperty(recordOf(field.args), async (variables) => {
        const { data, errors = [] } = await staging.ask(document, variables)
        const codes = errors.map((error) => error.extensions.code)
        expect({ document, codes }).not.toEqual({ document, codes: expect.arrayContaining(['INTERNAL']) })
        expect(data !== undefined || codes.length > 0).toBe(true)
      }),
      { numRuns: RUNS },
    )
  }
}, 180_000)
