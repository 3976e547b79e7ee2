import { expect, test } from '@jest/globals'
import { buildSubgraph, type SubgraphSchema } from '@segue/graphql'
import { definition as event } from '@segue/subgraph-event'
import { definition as platform } from '@segue/subgraph-platform'
import { definition as profile } from '@segue/subgraph-profile'
import { definition as segment } from '@segue/subgraph-segment'
import { definition as workflow } from '@segue/subgraph-workflow'
import { isNonNullType, type GraphQLObjectType } from 'graphql'
import { readFile } from 'node:fs/promises'
import { CLIENT_SCHEMA_FILE, clientSchemaOf } from '../../gateway/client-schema.mjs'
import { composeSupergraph, SUBGRAPHS, SUPERGRAPH_FILE } from '../../gateway/compose.mjs'

const DEFINITIONS = { profile, event, workflow, segment, platform } as unknown as Record<string, SubgraphSchema>

const built = async () =>
  await Promise.all(
    SUBGRAPHS.map(async (name: string) => {
      const definition = DEFINITIONS[name]
      if (!definition) throw new Error(`No subgraph ${name}`)
      return { name, ...(await buildSubgraph(definition)) }
    }),
  )

test('the supergraph that is checked in is the one that the subgraphs make', async () => {
  expect(await readFile(SUPERGRAPH_FILE, 'utf8')).toBe(composeSupergraph(await built()))
})

test('the types of the client that are checked in are those of the supergraph', async () => {
  expect(await readFile(CLIENT_SCHEMA_FILE, 'utf8')).toBe(clientSchemaOf(await readFile(SUPERGRAPH_FILE, 'utf8')))
})

test('a subgraph that is away can take only its own part of an answer with it: root fields are nullable', async () => {
  const required = (await built()).flatMap(({ name, schema }) =>
    [schema.getQueryType(), schema.getMutationType()]
      .filter((type): type is GraphQLObjectType => type != null)
      .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))
      .filter(({ field }) => !field.name.startsWith('_') && isNonNullType(field.type))
      .map(({ type, field }) => `${name}: ${type.name}.${field.name}`),
  )
  expect(required).toEqual([])
})
