// Looking into the audit: filters, pages, search, and what of it is personal.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { countStatements, createTokenSigner } from '@segue/graphql'
import { randomBytes, randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import type { Answer } from '../../../../test/setup/graphql-client.js'
import { startTestPlatform, type TestPlatform } from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
})
afterAll(async () => {
  await platform?.close()
  await database?.close()
})

interface NewEntry {
  at?: number
  accountId?: string
  action?: string
  subjectType?: string
  subjectId?: string
  after?: object
  personal?: boolean
}

const START = Date.UTC(2026, 4, 1)

/** Stores entries as mutations do; returns their ids. */
async function addEntries(...entries: NewEntry[]): Promise<string[]> {
  const rows = entries.map((entry, index) => {
    const id = randomBytes(16)
    const at = (entry.at ?? START) + index
    id.writeUIntBE(at, 0, 6)
    return [
      id,
      new Date(at),
      entry.accountId ? toBytes(entry.accountId) : null,
      'who@example.com',
      entry.action ?? 'workflow.update',
      entry.subjectType ?? 'Workflow',
      entry.subjectId ?? randomUUID(),
      entry.after ? JSON.stringify(entry.after) : null,
      entry.personal ?? false,
      '10.1.2.3',
      'agent',
      'request-1',
    ]
  })
  await platform.database.query(
    `INSERT INTO audit_entry (id, at, account_id, account_email, action, subject_type, subject_id, after_values, personal, address, user_agent, request_id)
     VALUES ?`,
    [rows],
  )
  return rows.map(([id]) => {
    const hex = (id as Buffer).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  })
}

const QUERY = `query ($first: Int, $after: String, $subjectType: String, $subjectId: ID, $accountId: ID, $action: String, $from: DateTime, $to: DateTime, $search: String) {
  auditEntries(first: $first, after: $after, subjectType: $subjectType, subjectId: $subjectId, accountId: $accountId, action: $action, from: $from, to: $to, search: $search) {
    edges { node { id at accountId accountEmail action subject { type id } before after address userAgent requestId } } pageInfo { hasNextPage endCursor } } }`

const find = async (variables: object, token = platform.signIn.tokens.admin): Promise<Answer> =>
  await platform.ask(QUERY, variables, { token })

const idsOf = async (variables: object): Promise<string[]> =>
  (await find(variables)).data.auditEntries.edges.map((edge: { node: { id: string } }) => edge.node.id)

describe('entries', () => {
  test('are found by subject, account, action and time, the latest first', async () => {
    const [subjectId, accountId] = [randomUUID(), randomUUID()]
    const at = START + 1_000_000
    const [one, two, three] = await addEntries(
      { at, subjectId, action: 'workflow.create' },
      { at, subjectId, accountId, action: 'workflow.deploy' },
      { at, subjectType: 'Segment', subjectId, accountId, action: 'segment.create' },
    )
    expect(await idsOf({ subjectType: 'Workflow', subjectId })).toEqual([two, one])
    expect(await idsOf({ accountId })).toEqual([three, two])
    expect(await idsOf({ accountId, action: 'segment.create' })).toEqual([three])
    expect(await idsOf({ from: new Date(at + 1), to: new Date(at + 2) })).toEqual([two])
    expect((await find({ subjectId })).errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' })
    expect((await find({ accountId: 'x' })).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_ID' })
  })

  test('are paged complete and without duplicates while others are written', async () => {
    const accountId = randomUUID()
    const ids = await addEntries(...Array.from({ length: 9 }, () => ({ accountId })))
    const seen: string[] = []
    let after: string | null = null
    do {
      const { data }: Answer = await find({ accountId, first: 2, after })
      seen.push(...data.auditEntries.edges.map((edge: { node: { id: string } }) => edge.node.id))
      after = data.auditEntries.pageInfo.hasNextPage ? data.auditEntries.pageInfo.endCursor : null
      await addEntries({ accountId, at: Date.now() })
    } while (after)
    expect(seen).toEqual(ids.toReversed())
  })

  test('are found by a text in what changed, as it was written and whatever its case', async () => {
    const [id] = await addEntries({ subjectType: 'Segment', after: { name: 'Käufer 100%' } })
    const [account] = await addEntries({ subjectType: 'Account', personal: true, after: { name: 'Käufer 100%' } })
    expect(await idsOf({ search: 'käufer 100%' })).toEqual([id])
    expect(await idsOf({ search: '1_0%' })).toEqual([])
    expect(await idsOf({ search: 'who@example' })).toEqual([])
    expect(await idsOf({ search: 'ACCOUNT' })).toContain(account)
  })

  test('have the account that did it, of many in one statement', async () => {
    const { id } = await platform.addAccount('auditor@example.com', 'viewer')
    await addEntries(...Array.from({ length: 20 }, () => ({ accountId: id, action: 'many.times' })), {
      accountId: randomUUID(),
      action: 'many.times',
    })
    const count = countStatements(platform.subgraph.database)
    const { data } = await platform.ask(
      `{ auditEntries(action: "many.times") { edges { node { accountEmail account { email } } } } }`,
      {},
      { token: platform.signIn.tokens.admin },
    )
    expect(count.statements.length).toBeLessThanOrEqual(2)
    const nodes = data.auditEntries.edges.map((edge: { node: object }) => edge.node)
    expect(nodes[0]).toEqual({ accountEmail: 'who@example.com', account: null })
    expect(nodes[1]).toEqual({ accountEmail: 'who@example.com', account: { email: 'auditor@example.com' } })
  })

  test('show nothing personal to a machine that may read the audit alone', async () => {
    const sign = await createTokenSigner(JSON.parse(platform.signIn.privateKey), 'staging')
    const token = await sign({
      id: randomUUID(),
      role: 'admin',
      sessionId: randomUUID(),
      personalData: true,
      scopes: ['audit.read'],
    })
    const accountId = randomUUID()
    await addEntries(
      { accountId, subjectType: 'Account', personal: true, after: { email: 'ann@example.com', role: 'viewer' } },
      { accountId, subjectType: 'Segment', after: { name: 'Buyers' } },
    )
    const { data, errors } = await find({ accountId }, token)
    expect(errors).toBeUndefined()
    const [segment, account] = data.auditEntries.edges.map((edge: { node: object }) => edge.node)
    expect(segment).toMatchObject({ after: { name: 'Buyers' }, subject: { type: 'Segment' } })
    expect(account).toMatchObject({ action: 'workflow.update', subject: { type: 'Account' } })
    expect(JSON.stringify(data)).not.toMatch(/ann@|who@|10\.1\.2\.3|"agent"/)
    const visible = JSON.stringify((await find({ accountId })).data)
    for (const shown of ['ann@example.com', 'who@example.com', '10.1.2.3', '"agent"']) expect(visible).toContain(shown)
  })

  test('are an admin’s to read', async () => {
    for (const role of ['developer', 'marketer', 'viewer'] as const) {
      expect((await find({}, platform.signIn.tokens[role])).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ])
    }
  })

  test.each([
    [{ subjectType: 'Workflow', subjectId: 'x' }, 'of_subject'],
    [{ accountId: randomUUID() }, 'of_account'],
    [{ action: 'workflow.deploy' }, 'of_action'],
    [{}, 'PRIMARY'],
  ])('by %j are read in the order of an index', async (filter, key) => {
    // Enough rows that reading all and sorting them is not what the database prefers.
    await addEntries(
      ...Array.from({ length: 300 }, () => ({
        accountId: randomUUID(),
        action: `other.${randomBytes(3).toString('hex')}`,
      })),
    )
    const count = countStatements(platform.subgraph.database)
    await find({ ...filter, first: 5 })
    const statement = count.statements.find((sql) => sql.includes('audit_entry')) ?? ''
    const values = [
      ...('subjectType' in filter ? ['Workflow', 'x'] : []),
      ...('accountId' in filter ? [randomBytes(16)] : []),
      ...('action' in filter ? ['workflow.deploy'] : []),
    ]
    const [plan] = await platform.database.query<{ key: string; Extra: string | null }[]>(
      `EXPLAIN ${statement}`,
      values,
    )
    expect(plan?.key).toBe(key)
    expect(plan?.Extra ?? '').not.toContain('filesort')
  })
})
