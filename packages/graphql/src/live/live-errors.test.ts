import { expect, test } from '@jest/globals'
import { GraphQLError } from 'graphql'
import { QueryFailedError } from 'typeorm'
import { isDatabaseAway } from './live-errors.js'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test.each([
  ['at a field', new GraphQLError('', { path: ['eventReceived'], originalError: refused })],
  ['while its context is made', new GraphQLError('', { originalError: refused })],
  ['in a statement', new GraphQLError('', { originalError: new QueryFailedError('SELECT 1', [], refused) })],
])('a database that is away %s of a message passes by itself', (_where, error) => {
  expect(isDatabaseAway(error)).toBe(true)
})

test('a mistake of ours does not', () => {
  expect(isDatabaseAway(new GraphQLError('', { originalError: new Error('Mine.') }))).toBe(false)
  expect(isDatabaseAway(new GraphQLError('Mine.'))).toBe(false)
})
