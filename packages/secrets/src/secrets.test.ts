// Secrets at rest: who can read them, and what is said when nobody can.
import { expect, test } from '@jest/globals'
import { SecretBox, SecretError, secretKeys, type SecretErrorCode } from './index.js'

const OLD = `2025:${'a1'.repeat(32)}`
const NEW = `2026:${'b2'.repeat(32)}`
const box = (keys: string): SecretBox => new SecretBox(secretKeys().parse(keys))

function codeOf(task: () => unknown): SecretErrorCode | undefined {
  try {
    task()
  } catch (error) {
    if (error instanceof SecretError) return error.code
    throw error
  }
  return undefined
}

test('a secret comes back as it was, never looks the same twice, and is not to be seen in what is stored', () => {
  const secrets = box(NEW)
  const [one, other] = [secrets.encrypt('crm', 'gehëim 🔑'), secrets.encrypt('crm', 'gehëim 🔑')]
  expect(secrets.decrypt('crm', one)).toBe('gehëim 🔑')
  expect(one.equals(other)).toBe(false)
  expect(one.includes('geh')).toBe(false)
})

test('a new key encrypts while secrets under the old one can be read, until it is gone', () => {
  const stored = box(OLD).encrypt('crm', 'password')
  const both = box(`${NEW}, ${OLD}`)
  expect(both.decrypt('crm', stored)).toBe('password')
  expect(both.isUnderOldKey(stored)).toBe(true)
  const again = both.encrypt('crm', 'password')
  expect(both.isUnderOldKey(again)).toBe(false)
  expect(box(NEW).decrypt('crm', again)).toBe('password')
  expect(codeOf(() => box(NEW).decrypt('crm', stored))).toBe('SECRET_KEY_UNKNOWN')
})

test('a secret moved to another resource cannot be read there', () => {
  const secrets = box(NEW)
  expect(codeOf(() => secrets.decrypt('mine', secrets.encrypt('yours', 'password')))).toBe('SECRET_DAMAGED')
})

test('whichever byte is changed or missing, nothing is read', () => {
  const secrets = box(NEW)
  const stored = secrets.encrypt('crm', 'password')
  for (let at = 0; at < stored.length; at++) {
    const changed = Buffer.from(stored)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(codeOf(() => secrets.decrypt('crm', changed))).toBeDefined()
    expect(codeOf(() => secrets.decrypt('crm', stored.subarray(0, at)))).toBeDefined()
  }
  expect(codeOf(() => secrets.decrypt('crm', Buffer.from([2, 0])))).toBe('SECRET_FORMAT')
})

test('what fits no column is refused', () => {
  expect(box(NEW).encrypt('crm', 'x'.repeat(3900)).length).toBeLessThanOrEqual(4000)
  expect(codeOf(() => box(NEW).encrypt('crm', 'é'.repeat(1951)))).toBe('SECRET_TOO_LONG')
})

test.each([
  ['nothing', ''],
  ['a key without name', 'ab'.repeat(32)],
  ['a short key', '2026:abcd'],
  ['one good and one bad key', `${NEW},2025:xyz`],
  ['two keys of one name', `${NEW},2026:${'cd'.repeat(32)}`],
])('%s is no list of keys, and the complaint quotes nothing of it', (_, list) => {
  const result = secretKeys().safeParse(list)
  expect(result.success).toBe(false)
  expect(result.error?.issues.map(({ message }) => message).join()).not.toMatch(/[0-9a-f]{8}|abcd|xyz/)
})
