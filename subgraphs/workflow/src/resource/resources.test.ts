// Resources and contact policies: what people set up once for all workflows.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Resource } from '@segue/database'
import { SecretBox } from '@segue/secrets'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'

const KEY = 'ab'.repeat(32)

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  const config = (environment: NodeJS.ProcessEnv) =>
    readWorkflowConfig({ ...environment, SEGUE_SECRET_KEYS: `2026:${KEY}` })
  subgraph = await startTestSubgraph({ account: 'subgraph-workflow', start, config }, database)
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
type Anything = any

async function change(name: string, type: string, input: object, selection: string, on = subgraph): Promise<Anything> {
  const { result } = await on.ask<{ result: Anything }>(
    `mutation ($input: ${type}!) { result: ${name}(input: $input) { userErrors { code message path stale { yours current } } ${selection} } }`,
    { input },
  )
  return result
}

const FIELDS = 'resource { id name transport settings hasSecret version }'
const create = (input: object, on = subgraph) =>
  change('createResource', 'CreateResourceInput', { settings: OPEN, ...input }, FIELDS, on)
const update = (input: object) => change('updateResource', 'UpdateResourceInput', input, FIELDS)
const remove = (id: string) =>
  change('deleteResource', 'ResourceIdInput', { id }, 'deletedId usedBy { workflowId name nodeId }')
const codes = (payload: Anything) => payload.userErrors.map(({ code, path }: Anything) => ({ code, path }))

const SETTINGS = { hosts: ['api.example.com'], auth: { kind: 'bearer' } }
const OPEN = { hosts: ['api.example.com'], auth: { kind: 'none' } }
const SECRET = { token: 'swordfish' }

async function storedSecret(id: string): Promise<unknown> {
  const row = await subgraph.database.getRepository(Resource).findOneByOrFail({ id })
  const box = new SecretBox([{ id: '2026', key: Buffer.from(KEY, 'hex') }])
  return row.secret && JSON.parse(box.decrypt(id, row.secret))
}

describe('a resource', () => {
  test('keeps its secret encrypted and shows it to nobody, in no answer and no audit', async () => {
    const made = await create({
      id: 'crm',
      name: ' CRM ',
      transport: 'http',
      settings: SETTINGS,
      secret: SECRET,
      clientMutationId: 'one',
    })
    expect(made).toEqual({
      userErrors: [],
      resource: { id: 'crm', name: 'CRM', transport: 'http', settings: SETTINGS, hasSecret: true, version: 1 },
    })
    expect(await storedSecret('crm')).toEqual(SECRET)
    const other = { token: 'marlin' }
    expect(await update({ id: 'crm', version: 1, secret: other })).toMatchObject({ resource: { version: 2 } })
    expect(await storedSecret('crm')).toEqual(other)
    await update({ id: 'crm', version: 2, name: 'Customers' })
    expect(await storedSecret('crm')).toEqual(other)
    const stale = await update({
      id: 'crm',
      version: 1,
      name: 'Mine',
      secret: { token: 'tuna' },
    })
    expect(stale).toMatchObject({
      resource: { name: 'Customers', version: 3 },
      userErrors: [
        {
          code: 'STALE_RESOURCE',
          path: ['input', 'version'],
          stale: { yours: { name: 'Mine' }, current: { name: 'Customers' } },
        },
      ],
    })
    expect(JSON.stringify(stale)).not.toContain('tuna')
    expect(codes(await update({ id: 'crm', version: 3, secret: null }))).toEqual([
      { code: 'BAD_SETTINGS', path: ['input', 'secret'] },
    ])
    expect(await update({ id: 'crm', version: 3, secret: null, settings: OPEN })).toMatchObject({
      resource: { hasSecret: false },
    })
    expect(await storedSecret('crm')).toBeNull()
    for (const table of ['audit_entry', 'mutation_request', 'resource']) {
      const text = JSON.stringify(await subgraph.database.query(`SELECT * FROM ${table}`))
      for (const secret of ['swordfish', 'marlin', 'tuna']) expect(text).not.toContain(secret)
    }
  })

  test('is refused when it is nothing that can be used', async () => {
    await create({ id: 'taken', name: 'T', transport: 'http' })
    for (const [input, error] of [
      [
        { id: 'taken', name: 'T', transport: 'http' },
        { code: 'RESOURCE_EXISTS', path: ['input', 'id'] },
      ],
      [
        { id: 'Not good', name: 'T', transport: 'http' },
        { code: 'INVALID_INPUT', path: ['input', 'id'] },
      ],
      [
        { id: 'x', name: ' ', transport: 'http' },
        { code: 'INVALID_INPUT', path: ['input', 'name'] },
      ],
      [
        { id: 'x', name: 'X', transport: 'pigeon' },
        { code: 'BAD_SETTINGS', path: ['input', 'transport'] },
      ],
      [
        { id: 'x', name: 'X', transport: 'http', settings: { hosts: [] } },
        { code: 'BAD_SETTINGS', path: ['input', 'settings', 'hosts'] },
      ],
      [
        { id: 'x', name: 'X', transport: 'http', settings: SETTINGS },
        { code: 'BAD_SETTINGS', path: ['input', 'secret'] },
      ],
    ] as const) {
      expect(codes(await create(input))).toEqual([error])
    }
    expect(codes(await update({ id: 'nowhere', version: 1 }))).toEqual([
      { code: 'RESOURCE_NOT_FOUND', path: ['input', 'id'] },
    ])
  })

  test('is kept while a deployed workflow uses it', async () => {
    await create({ id: 'used', name: 'U', transport: 'http' })
    const draft = {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'call', type: 'http.call', config: { url: 'https://example.com/', resource: 'used' } },
      ],
      edges: [{ from: 'start', port: 'next', to: 'call' }],
    }
    const { createWorkflow } = await subgraph.ask<Anything>(
      'mutation ($draft: JSONObject) { createWorkflow(input: { name: "Calls", draft: $draft }) { workflow { id } } }',
      { draft },
    )
    const { id } = createWorkflow.workflow
    const { deployWorkflow } = await subgraph.ask<Anything>(
      'mutation ($id: ID!) { deployWorkflow(input: { id: $id, revision: 1 }) { version problems { message } } }',
      { id },
    )
    expect(deployWorkflow).toEqual({ version: 1, problems: null })
    const uses = [{ workflowId: id, name: 'Calls', nodeId: 'call' }]
    expect(await remove('used')).toMatchObject({
      userErrors: [{ code: 'RESOURCE_IN_USE', message: expect.stringContaining('Calls') }],
      deletedId: null,
      usedBy: uses,
    })
    expect(await subgraph.ask('{ resource(id: "used") { usedBy { workflowId name nodeId } } }')).toEqual({
      resource: { usedBy: uses },
    })
    await subgraph.ask('mutation ($id: ID!) { deleteWorkflow(input: { id: $id }) { deletedId } }', { id })
    expect(await remove('used')).toMatchObject({ userErrors: [], deletedId: 'used' })
  })

  test('without keys can be made, but not with a secret', async () => {
    const own = await createMigratedDatabase()
    const without = await startTestSubgraph({ account: 'subgraph-workflow', start, config: readWorkflowConfig }, own)
    try {
      expect(codes(await create({ id: 'plain', name: 'P', transport: 'http' }, without))).toEqual([])
      expect(
        codes(
          await create({ id: 'no-key', name: 'P', transport: 'http', settings: SETTINGS, secret: SECRET }, without),
        ),
      ).toEqual([{ code: 'SECRETS_NOT_CONFIGURED', path: ['input', 'secret'] }])
    } finally {
      await without.close()
      await own.close()
    }
  })
})

describe('a contact policy', () => {
  const POLICY = 'contactPolicy { channel quietFrom quietUntil timeZone caps { most seconds } version }'
  const save = (input: object) => change('createContactPolicy', 'CreateContactPolicyInput', input, POLICY)
  const edit = (input: object) => change('updateContactPolicy', 'UpdateContactPolicyInput', input, POLICY)

  test('is made, changed, and removed', async () => {
    const week = { most: 3, seconds: 604_800 }
    expect(
      await save({ channel: 'mail', quietFrom: '22:00', quietUntil: '08:00', timeZone: 'Europe/Oslo', caps: [week] }),
    ).toEqual({
      userErrors: [],
      contactPolicy: {
        channel: 'mail',
        quietFrom: '22:00',
        quietUntil: '08:00',
        timeZone: 'Europe/Oslo',
        caps: [week],
        version: 1,
      },
    })
    expect(await edit({ channel: 'mail', version: 1, quietFrom: null, quietUntil: null })).toMatchObject({
      contactPolicy: { quietFrom: null, caps: [week], version: 2 },
    })
    expect(await edit({ channel: 'mail', version: 1, caps: [] })).toMatchObject({
      contactPolicy: { caps: [week], version: 2 },
      userErrors: [{ code: 'STALE_POLICY', stale: { yours: { caps: [] }, current: { caps: [week] } } }],
    })
    expect(
      await subgraph.ask('{ contactPolicies { channel caps { most } } contactPolicy(channel: "mail") { version } }'),
    ).toEqual({
      contactPolicies: [{ channel: 'mail', caps: [{ most: 3 }] }],
      contactPolicy: { version: 2 },
    })
    const gone = await change('deleteContactPolicy', 'ContactPolicyChannelInput', { channel: 'mail' }, 'deletedChannel')
    expect(gone).toEqual({ userErrors: [], deletedChannel: 'mail' })
  })

  test('is refused when it holds nowhere or never', async () => {
    await save({ channel: 'sms' })
    for (const [input, error] of [
      [{ channel: 'sms' }, { code: 'POLICY_EXISTS', path: ['input', 'channel'] }],
      [{ channel: 'a b' }, { code: 'INVALID_INPUT', path: ['input', 'channel'] }],
      [
        { channel: 'push', quietFrom: '22:00' },
        { code: 'BAD_POLICY', path: ['input', 'quietFrom'] },
      ],
      [
        { channel: 'push', quietFrom: '22:00', quietUntil: '22:00' },
        { code: 'BAD_POLICY', path: ['input', 'quietUntil'] },
      ],
      [
        { channel: 'push', quietFrom: '25:00', quietUntil: '08:00' },
        { code: 'INVALID_INPUT', path: ['input', 'quietFrom'] },
      ],
      [
        { channel: 'push', timeZone: 'Mars/Olympus' },
        { code: 'BAD_POLICY', path: ['input', 'timeZone'] },
      ],
      [
        { channel: 'push', caps: [{ most: 0, seconds: 60 }] },
        { code: 'INVALID_INPUT', path: ['input', 'caps', '0', 'most'] },
      ],
    ] as const) {
      expect(codes(await save(input))).toEqual([error])
    }
    expect(codes(await edit({ channel: 'sms', version: 1, quietFrom: '22:00' }))).toEqual([
      { code: 'BAD_POLICY', path: ['input', 'quietFrom'] },
    ])
    expect(codes(await edit({ channel: 'none', version: 1 }))).toEqual([
      { code: 'POLICY_NOT_FOUND', path: ['input', 'channel'] },
    ])
  })
})
