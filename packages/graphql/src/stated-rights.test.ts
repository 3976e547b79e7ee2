import { describe, expect, test } from '@jest/globals'
import { parse } from 'graphql'
import { Directive, Field, FieldResolver, ID, ObjectType, Query, Resolver } from 'type-graphql'
import { connectionType } from './connection.js'
import { createRightsCheck, neededRights } from './needed-rights.js'
import { may, mayRow, Right, type SignedInAccount } from './rights.js'
import { buildSubgraph } from './subgraph-schema.js'

@Right('events.read')
@Directive('@key(fields: "id")')
@ObjectType()
class Thing {
  @Field(() => ID)
  id!: string

  @Right('audit.read')
  @Field(() => String)
  secret!: string
}

@ObjectType()
class Inner {
  @Field(() => String)
  text!: string
}

const ThingConnection = connectionType(Thing, 'Thing')

@Right('events.read')
@Resolver(() => Thing)
class ThingResolver {
  @Query(() => ThingConnection)
  things(): null {
    return null
  }

  @Right('public')
  @Query(() => String)
  open(): string {
    return 'yes'
  }

  @FieldResolver(() => Inner)
  inner(): Inner {
    return { text: '' }
  }
}

const ACCOUNT: SignedInAccount = {
  id: 'a',
  role: 'viewer',
  sessionId: 's',
  personalData: false,
  expiresAt: Date.now() + 60_000,
}

describe('a schema', () => {
  test('states the right of every field, its own, its class’s or that of what leads to it', async () => {
    const { sdl } = await buildSubgraph({ name: 'test', resolvers: [ThingResolver], references: {} })
    for (const line of [
      'things: ThingConnection @requiresScopes(scopes: [["events.read"]])',
      'secret: String! @requiresScopes(scopes: [["audit.read"]])',
      'open: String @tag(name: "public")',
      'type Inner @requiresScopes(scopes: [["events.read"]])',
      'text: String! @requiresScopes(scopes: [["events.read"]])',
      'type ThingEdge @requiresScopes(scopes: [["events.read"]])',
      'type PageInfo @shareable @tag(name: "public")',
    ]) {
      expect(sdl).toContain(line)
    }
  })

  test('is not built when a root field or an entity states none, or what leads to a type does not agree', async () => {
    @Directive('@key(fields: "id")')
    @ObjectType('Bare')
    class Bare {
      @Field(() => ID)
      id!: string
    }
    @ObjectType('Torn')
    class Torn {
      @Field(() => String)
      text!: string
    }
    @Resolver()
    class Careless {
      @Query(() => Bare)
      bare(): null {
        return null
      }

      @Right('events.read')
      @Query(() => Torn)
      one(): null {
        return null
      }

      @Right('runs.read')
      @Query(() => Torn)
      other(): null {
        return null
      }
    }
    const error: unknown = await buildSubgraph({ name: 'test', resolvers: [Careless], references: {} }).catch(
      (thrown: unknown) => thrown,
    )
    for (const problem of ['the entity Bare', 'Query.bare', 'the type Torn', 'Query.one, Query.other', "@Right('…')"]) {
      expect(String(error)).toContain(problem)
    }
  })
})

test('an operation needs the rights of all that it selects, whatever fragments and directives do', async () => {
  const { schema } = await buildSubgraph({ name: 'test', resolvers: [ThingResolver], references: {} })
  const needed = (query: string, name?: string): string[] => [...neededRights(schema, parse(query), name)].sort()
  expect(needed('{ open __typename }')).toEqual(['public'])
  expect(needed('{ things { edges { node { id } } } }')).toEqual(['events.read'])
  expect(
    needed('{ things { edges { node { ...on Thing { ...f } } } } } fragment f on Thing { secret @skip(if: true) }'),
  ).toEqual(['audit.read', 'events.read'])
  expect(needed('query a { open } query b { things { pageInfo { endCursor } } }', 'b')).toEqual([
    'events.read',
    'public',
  ])
  expect(needed('{ __schema { types { name } } }')).toEqual(['schema.read'])
  expect(needed('{ _service { sdl } }')).toEqual(['schema.read'])
  expect(needed('{ _entities(representations: []) { __typename } }')).toEqual(['schema.read'])
  expect(() => needed('query a { open } query b { open }')).toThrow('no operation')
  const check = createRightsCheck(schema)
  const secret = parse('{ things { edges { node { secret } } } }')
  expect(check(ACCOUNT, secret)?.code).toBe('FORBIDDEN')
  expect(check({ ...ACCOUNT, role: 'admin' }, secret)).toBe(undefined)
  expect(check(undefined, secret)?.code).toBe('UNAUTHENTICATED')
})

describe('an account', () => {
  test('sees personal data as an admin or by its flag, and never beyond its scopes', () => {
    expect(may(ACCOUNT, 'personal.read')).toBe(false)
    expect(may({ ...ACCOUNT, personalData: true }, 'personal.read')).toBe(true)
    expect(may({ ...ACCOUNT, role: 'admin' }, 'personal.read')).toBe(true)
    expect(may({ ...ACCOUNT, role: 'admin', personalData: true, scopes: ['profiles.read'] }, 'personal.read')).toBe(
      false,
    )
    expect(may({ ...ACCOUNT, scopes: ['audit.read', 'profiles.read'] }, 'audit.read')).toBe(false)
  })

  test('has its own rows, and others’ by the right for others only', () => {
    const rights = { own: 'own.read', others: 'accounts.read' } as const
    expect(mayRow(ACCOUNT, 'a', rights)).toBe(true)
    expect(mayRow(ACCOUNT, 'b', rights)).toBe(false)
    expect(mayRow(ACCOUNT, null, rights)).toBe(false)
    expect(mayRow(undefined, 'a', rights)).toBe(false)
    expect(mayRow({ ...ACCOUNT, role: 'admin' }, 'b', rights)).toBe(true)
  })
})
