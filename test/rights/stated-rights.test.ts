import { expect, test } from '@jest/globals'
import { RIGHTS } from '@segue/graphql'
import { composedSchema, objectTypes, stated } from './operations.js'

const schema = await composedSchema()

test('every field, query, mutation and subscription of the composed schema states exactly one right', () => {
  const wrong = objectTypes(schema).flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) => {
      const scopes = stated(field.astNode, 'requiresScopes').flat(3)
      const isPublic = stated(field.astNode, 'tag').flat().includes('public')
      const right = scopes[0]
      const good = isPublic
        ? scopes.length === 0
        : scopes.length === 1 && typeof right === 'string' && Object.hasOwn(RIGHTS, right)
      return good ? [] : [`${type.name}.${field.name}: ${JSON.stringify(scopes)}`]
    }),
  )
  expect(wrong).toEqual([])
})

test('a type that several subgraphs know has one right, whoever of them states it', () => {
  const wrong = objectTypes(schema)
    .filter((type) => type !== schema.getQueryType() && type !== schema.getMutationType())
    .filter((type) => type !== schema.getSubscriptionType())
    .filter((type) => {
      const scopes = stated(type.astNode, 'requiresScopes').flat(3)
      const isPublic = stated(type.astNode, 'tag').flat().includes('public')
      return scopes.length !== (isPublic ? 0 : 1)
    })
  expect(wrong.map(({ name }) => name)).toEqual([])
})

test('only what concerns signing in, and values that say nothing by themselves, is public', () => {
  const open = objectTypes(schema).flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => stated(field.astNode, 'tag').flat().includes('public'))
      .map((field) => `${type.name}.${field.name}`),
  )
  expect(open.filter((name) => /^(Query|Mutation|Subscription)\./.test(name)).sort()).toEqual([
    'Mutation.acceptInvitation',
    'Mutation.exchangeApiKey',
    'Mutation.login',
    'Mutation.logout',
    'Mutation.refreshSession',
    'Mutation.resetPassword',
    'Query.endedSessions',
  ])
})

test('every right of the table is needed by something', () => {
  const needed = new Set(
    objectTypes(schema).flatMap((type) =>
      Object.values(type.getFields()).flatMap((field) => stated(field.astNode, 'requiresScopes').flat(3)),
    ),
  )
  // These are not of fields: one is looked at where masks are decided, the other is introspection's.
  const elsewhere = ['personal.read', 'schema.read']
  expect(Object.keys(RIGHTS).filter((right) => !needed.has(right) && !elsewhere.includes(right))).toEqual([])
})
