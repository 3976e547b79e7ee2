import { describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { auditRow, type AuditedChange } from './audit.js'
import type { SignedInAccount } from './rights.js'

const account: SignedInAccount = {
  id: randomUUID(),
  role: 'admin',
  sessionId: randomUUID(),
  personalData: false,
  expiresAt: 0,
}
const origin = { account, peer: '::1', userAgent: 'x'.repeat(300), requestId: 'r' }

const row = (change: Partial<AuditedChange> = {}, from: object = {}) =>
  auditRow({ action: 'thing.change', subject: { type: 'Segment', id: '1' }, ...change }, { ...origin, ...from })
const parsed = (json: string | null): unknown => (json === null ? null : JSON.parse(json))

describe('an entry', () => {
  test('has only what changed', () => {
    const { before, after } = row({
      before: { name: 'a', tags: ['x', { y: 1 }], at: new Date(5), updatedAt: new Date(1) },
      after: { name: 'b', tags: ['x', { y: 1 }], at: new Date(5), updatedAt: new Date(2), extra: null },
    })
    expect(parsed(before)).toEqual({ name: 'a' })
    expect(parsed(after)).toEqual({ name: 'b', extra: null })
  })

  test('of something new has no before, of something gone no after, of something untold neither', () => {
    expect(row({ after: { name: 'b' } })).toMatchObject({ before: null, after: '{"name":"b"}' })
    expect(row({ before: { name: 'b' } })).toMatchObject({ before: '{"name":"b"}', after: null })
    expect(row()).toMatchObject({ before: null, after: null })
  })

  test('has no secrets and no bytes, whatever it was told', () => {
    const { after } = row({
      after: {
        passwordHash: 'h',
        password: 'p',
        writeKey: 'k',
        accessToken: 't',
        secret: 's',
        raw: Buffer.from('x'),
        keys: 1,
      },
    })
    expect(parsed(after)).toEqual({ keys: 1 })
  })

  test('is bounded: of what is too long it has what tells it from another', () => {
    const { before, after, userAgent } = row({
      before: { draft: { text: 'a'.repeat(5000) }, ids: [] },
      after: { draft: { text: 'b'.repeat(5000) }, ids: Array.from({ length: 1000 }, () => randomUUID()) },
    })
    expect(parsed(before)).toMatchObject({ draft: { omitted: true, bytes: 5011 }, ids: [] })
    expect(parsed(after)).toMatchObject({
      draft: { omitted: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ids: { omitted: true, items: 1000 },
    })
    expect((parsed(before) as { draft: object }).draft).not.toEqual((parsed(after) as { draft: object }).draft)
    expect(userAgent).toHaveLength(255)
  })

  test('says who: a person, the key of a machine, who has just signed in, or nobody', () => {
    expect(row()).toMatchObject({ accountId: account.id, apiKeyId: null })
    expect(row({}, { account: { ...account, scopes: ['segments.write'] } })).toMatchObject({
      accountId: account.id,
      apiKeyId: account.sessionId,
    })
    const accountId = randomUUID()
    expect(row({ actor: { accountId } }, { account: undefined })).toMatchObject({ accountId, apiKeyId: null })
    expect(row({}, { account: undefined })).toMatchObject({ accountId: null, apiKeyId: null })
  })

  test('may hold personal data unless its subject’s kind is known not to', () => {
    expect(row().personal).toBe(false)
    expect(row({ subject: { type: 'SomethingNew', id: '1' } }).personal).toBe(true)
  })

  test('has an id that is in the order of time', () => {
    const ids = Array.from({ length: 100 }, () => row().id)
    expect(ids.toSorted()).toEqual(ids)
  })
})
