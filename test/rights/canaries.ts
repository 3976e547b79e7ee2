// Personal data of somebody who does not exist, put into every place that personal data can get to, by the ways that it gets there.
import { connect, toBytes, toId } from '@segue/database'
import { profileIds, type Envelope } from '@segue/event-model'
import { ConfigurationLoader, installBuiltIns, OwnerMemory, processBatch } from '@segue/pipeline'
import { randomBytes, randomUUID } from 'node:crypto'
import type { Pool } from 'mysql2/promise'
import { addDeliveries, addWaitingRuns } from '../../subgraphs/workflow/src/testing/rows.js'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'

/** Each is looked for in answers, however its letters are written. */
export const CANARIES = {
  email: 'zephyrine.main@leak.example',
  privateEmail: 'zephyrine.private@leak.example',
  phone: '+447700900123',
  firstname: 'Zephyrine',
  lastname: 'Quackenbush',
  birthday: '1971-03-09',
  user: 'canary-user-7781',
  customer: 'canary-customer-4412',
  device: 'canary-device-9903',
  passport: 'CANARYPASS55',
  loyaltyCard: 'CANARYCARD99',
  street: 'Canary Lane 17',
  messenger: 'canary_on_telegram',
  picture: 'https://pictures.example/canary-face.jpg',
  freeTrait: 'canary-nickname',
  markedTrait: 'canary-favourite-song',
  markedProperty: 'canary-answer-to-a-question',
  mappedProperty: 'canary-mapped-name',
  identifyingProperty: 'canary-member-number',
  ip: '203.0.113.77',
  userAgent: 'CanaryBrowser/9.9',
  message: 'a canary wrote this to somebody',
} as const

/** What the canaries are in. */
export interface Places {
  profileId: string
  sessionId: string
  eventId: string
  deadLetterId: string
  workflowId: string
  runId: string
  triggerId: string
  segmentId: string
  jobId: string
  accountId: string
  deliveryId: string
}

/** Of a resource: nobody may see it, whatever their rights. */
export const RESOURCE_SECRET = 'canary-credentials-of-a-resource'

const NAME = `${CANARIES.firstname} ${CANARIES.lastname}`
const START = Date.UTC(2026, 2, 1)
const ids = profileIds(randomBytes(32))

/** A UUIDv7 of now. */
function uuid7(): string {
  const id = randomBytes(16)
  id.writeUIntBE(Date.now(), 0, 6)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x70, 6)
  return toId(id)
}

function envelope(given: Partial<Envelope> & Pick<Envelope, 'type'>): Envelope {
  return {
    v: 1,
    eventId: uuid7(),
    requestId: randomUUID(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt: START + 100,
    occurredAt: START,
    properties: {},
    context: {},
    newProfileId: ids.mint(),
    identities: [],
    ...given,
  }
}

/** Events that tell of the person in every way that we know of. */
function envelopes(sessionId: string): Envelope[] {
  const context = {
    ip: CANARIES.ip,
    userAgent: CANARIES.userAgent,
    device: { id: CANARIES.device, type: 'phone' },
    page: {
      url: `https://shop.example/thanks?email=${encodeURIComponent(CANARIES.email)}&firstname=${CANARIES.firstname}`,
    },
    other: { traits: { name: NAME } },
  }
  const identities = [
    { kind: 'user', value: CANARIES.user },
    { kind: 'customer', value: CANARIES.customer },
    { kind: 'device', value: CANARIES.device },
    { kind: 'email', value: CANARIES.email.toUpperCase() },
  ]
  const common = { session: { id: sessionId, save: true }, context, identities }
  return [
    envelope({
      ...common,
      type: 'profile-update',
      properties: {
        pii: {
          firstname: CANARIES.firstname,
          lastname: CANARIES.lastname,
          display_name: NAME,
          birthday: CANARIES.birthday,
        },
        contact: {
          email: { main: CANARIES.email, private: CANARIES.privateEmail },
          phone: { main: CANARIES.phone },
          app: { telegram: CANARIES.messenger },
          address: { street: CANARIES.street, town: 'London' },
        },
        identifier: { passport: CANARIES.passport },
        media: { image: CANARIES.picture },
        loyalty: { card: { id: CANARIES.loyaltyCard, name: 'Club' } },
        preferences: { colors: ['blue'] },
      },
    }),
    envelope({
      ...common,
      type: 'identify',
      traits: {
        email: CANARIES.email,
        phone: CANARIES.phone,
        name: NAME,
        nickname: CANARIES.freeTrait,
        song: CANARIES.markedTrait,
        plan: 'pro',
      },
    }),
    envelope({
      ...common,
      type: 'sign-in',
      properties: { pk: CANARIES.customer, login: CANARIES.user, email: { main: CANARIES.email } },
    }),
    envelope({
      ...common,
      type: 'message-sent',
      properties: {
        id: 'M-1',
        sender: CANARIES.email,
        recipient: CANARIES.user,
        message: CANARIES.message,
        identity: {},
      },
    }),
    envelope({
      ...common,
      type: 'of-a-mapped-type',
      properties: { a: CANARIES.mappedProperty, b: CANARIES.identifyingProperty, product: 'Lantern' },
    }),
    envelope({
      ...common,
      type: 'unknown-to-everybody',
      tags: [`from:${CANARIES.email}`, 'event:behavioral'],
      properties: {
        customer: { name: NAME, id: CANARIES.customer },
        people: [{ fullName: NAME, mobile: CANARIES.phone }],
        'billing-email': CANARIES.privateEmail,
        answer: CANARIES.markedProperty,
        passportNumber: CANARIES.passport,
        note: `${NAME} wants a call at +44 7700 900123 or a mail to ${CANARIES.email}`,
        by: { [CANARIES.email]: 1 },
        product: 'Lantern',
        price: 9.5,
      },
    }),
  ]
}

/** Puts the canaries everywhere. `admin` asks the gateway and fails with the errors of an answer. */
export async function putCanaries(
  staging: TestEnvironment,
  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  admin: (query: string, variables?: object) => Promise<any>,
): Promise<Places> {
  const pool = connect({ url: staging.databaseUrl, connections: 2 })
  try {
    await installBuiltIns(pool)
    await admin(`mutation {
      createEventSource(input: { id: "shop", name: "Shop", channel: tracker, trusted: true }) { userErrors { code } }
      createEventType(input: { id: "of-a-mapped-type", name: "Mapped", identities: [{ kind: "customer", from: "properties.b" }],
        eventMappings: [{ to: "data.pii.firstname", from: "properties.a" }] }) { userErrors { code } }
      setEventSchema(input: { eventTypeId: "of-a-mapped-type", schema: {} }) { userErrors { code } }
      createWorkflow(input: { name: "Broken", draft: { nodes: [{ id: "x", type: "unknown" }], edges: [] } }) { userErrors { code } }
      login(input: { email: "${ADMIN.email}", password: "${ADMIN.password}" }) { userErrors { code } }
      inviteAccount(input: { email: "bob@example.com", name: "Bob", role: viewer }) { userErrors { code } }
      song: markPersonalField(input: { path: "traits.song" }) { userErrors { code } }
      answer: markPersonalField(input: { path: "properties.answer" }) { userErrors { code } }
    }`)
    const workflow = await deployWorkflow(admin)
    const sessionId = randomUUID()
    const events = envelopes(sessionId)
    for (const event of events) await process(pool, event)
    // No node of ours quotes a value when it fails; one of somebody else's may.
    await pool.query("UPDATE workflow_run SET error = JSON_SET(error, '$.message', ?) WHERE error IS NOT NULL", [
      `Could not write to ${CANARIES.email}`,
    ])
    const letter = { ...(events.at(-1) as Envelope), eventId: uuid7() }
    await pool.query(
      'INSERT INTO dead_letter (id, source_id, event_type, received_at, failed_at, error_code, error_message, body) VALUES (?)',
      [
        [
          toBytes(letter.eventId),
          letter.sourceId,
          letter.type,
          new Date(),
          new Date(),
          'PROCESSING_FAILED',
          `Duplicate entry '${CANARIES.email}' of ${CANARIES.user}`,
          Buffer.from(JSON.stringify(letter)),
        ],
      ],
    )
    const jobId = uuid7()
    await pool.query(
      "INSERT INTO job (id, kind, state, started_at, updated_at, error) VALUES (?, 'retention', 'failed', NOW(3), NOW(3), ?)",
      [toBytes(jobId), `Duplicate entry '${CANARIES.email}' for key 'PRIMARY'`],
    )
    const { profileByIdentity: profile } = await admin(
      `{ profileByIdentity(kind: "email", value: "${CANARIES.email}") { id runs { edges { node { id } } } } }`,
    )
    const waiting = await putWaiting(pool, admin, { workflowId: workflow.workflowId, profileId: profile.id })
    const { createSegment } = await admin(
      `mutation { createSegment(input: { name: "Canaries" }) { segment { id } userErrors { code } } }`,
    )
    await admin(
      'mutation ($input: SegmentProfilesInput!) { addProfilesToSegment(input: $input) { userErrors { code message } } }',
      {
        input: { segmentId: createSegment.segment.id, profileIds: [profile.id] },
      },
    )
    const { accounts } = await admin('{ accounts { edges { node { id } } } }')
    await admin(
      'mutation ($id: ID!) { createApiKey(input: { name: "Key", scopes: ["profiles.read"], accountId: $id }) { userErrors { code message } } }',
      {
        id: accounts.edges[0].node.id,
      },
    )
    return {
      profileId: profile.id,
      sessionId,
      eventId: events.at(-1)?.eventId ?? '',
      deadLetterId: letter.eventId,
      jobId,
      ...waiting,
      segmentId: createSegment.segment.id,
      accountId: accounts.edges[0].node.id,
      ...workflow,
    }
  } finally {
    await pool.end()
  }
}

/** A workflow that writes what it knows of the person into its log, and one that fails over it. */
async function deployWorkflow(
  // oxlint-disable-next-line no-explicit-any -- as above
  admin: (query: string, variables?: object) => Promise<any>,
): Promise<{ workflowId: string; triggerId: string }> {
  const made: { workflowId: string; triggerId: string }[] = []
  for (const node of [
    {
      id: 'log',
      type: 'log',
      config: { message: 'Hello {{ profile.data.pii.firstname }}, {{ profile.data.contact.email.main }}' },
    },
    { id: 'fail', type: 'profile.increment', config: { field: 'traits.email', amount: 1 } },
  ]) {
    const draft = {
      nodes: [{ id: 'start', type: 'start' }, node],
      edges: [{ from: 'start', port: 'next', to: node.id }],
    }
    const { createWorkflow } = await admin(
      `mutation ($draft: JSONObject) { createWorkflow(input: { name: "${node.id}", draft: $draft }) { workflow { id } userErrors { message } } }`,
      { draft },
    )
    const { id } = createWorkflow.workflow
    const { deployWorkflow: deployed, createWorkflowTrigger: made1 } = await admin(
      `mutation ($id: ID!) {
         deployWorkflow(input: { id: $id, revision: 1 }) { version problems { message } userErrors { message } }
         createWorkflowTrigger(input: { workflowId: $id, name: "Signs in", eventTypeId: "sign-in" }) { trigger { id } userErrors { message } }
       }`,
      { id },
    )
    if (!deployed.version) throw new Error(JSON.stringify(deployed))
    made.push({ workflowId: id, triggerId: made1.trigger.id })
  }
  return made[0] ?? { workflowId: '', triggerId: '' }
}

/** What workers store of runs that wait and of deliveries, each with something of the person in it, and what is set up for them. */
async function putWaiting(
  pool: Pool,
  // oxlint-disable-next-line no-explicit-any -- as above
  admin: (query: string, variables?: object) => Promise<any>,
  of: { workflowId: string; profileId: string },
): Promise<{ runId: string; deliveryId: string }> {
  const database = {
    query: async <Rows>(sql: string, parameters?: unknown[]): Promise<Rows> =>
      (await pool.query(sql, parameters))[0] as Rows,
  }
  const decision = { allowed: false, code: 'QUIET_HOURS', message: 'Nobody is written to by mail now.', until: START }
  const [run] = await addWaitingRuns(database, {
    ...of,
    nodes: ['log'],
    dead: true,
    input: { name: NAME, [CANARIES.email]: true },
    error: { code: 'FAILED', message: `Duplicate entry '${CANARIES.email}'` },
    steps: [{ nodeId: 'log', port: 'next', at: START, input: { to: CANARIES.email }, output: [NAME], decision }],
  })
  const runId = run?.id ?? ''
  await pool.query('UPDATE workflow_run SET outcome = ?, error = ?, log = ? WHERE id = ?', [
    JSON.stringify({ kind: 'goal', name: 'bought' }),
    JSON.stringify({ nodeId: 'log', code: 'BROKEN', message: `No mail to ${CANARIES.email}`, input: { name: NAME } }),
    JSON.stringify([{ nodeId: 'log', level: 'info', message: `Hello ${NAME}` }]),
    toBytes(runId),
  ])
  const [deliveryId = ''] = await addDeliveries(database, {
    ...of,
    runId,
    state: 'rejected',
    request: { to: CANARIES.email, [CANARIES.phone]: NAME },
    response: { status: 550, body: `No ${CANARIES.email} here` },
    message: `550 ${CANARIES.email} is unknown`,
  })
  for (const node of ['log', '@started', '@goal:bought']) {
    await pool.query('INSERT INTO node_minute VALUES (?, ?, 1, ?, 0, 1, 0)', [
      toBytes(of.workflowId),
      '2026-03-01 12:00:00',
      node,
    ])
  }
  const draft = {
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'call', type: 'http.call', config: { url: 'https://api.example.com/', resource: 'crm' } },
    ],
    edges: [{ from: 'start', port: 'next', to: 'call' }],
  }
  const { createWorkflow } = await admin(
    'mutation ($draft: JSONObject) { createWorkflow(input: { name: "Calls", draft: $draft }) { workflow { id } } }',
    { draft },
  )
  const made = await admin(
    `mutation ($id: ID!, $settings: JSONObject, $secret: JSONObject) {
       deployWorkflow(input: { id: $id, revision: 1 }) { problems { message } userErrors { message } }
       createResource(input: { id: "crm", name: "CRM", transport: "http", settings: $settings, secret: $secret }) { userErrors { message } }
       createContactPolicy(input: { channel: "mail", caps: [{ most: 3, seconds: 60 }] }) { userErrors { message } } }`,
    {
      id: createWorkflow.workflow.id,
      settings: { hosts: ['api.example.com'], auth: { kind: 'bearer' } },
      secret: { token: RESOURCE_SECRET },
    },
  )
  for (const { userErrors } of Object.values(made) as { userErrors: object[] }[]) {
    if (userErrors.length > 0) throw new Error(JSON.stringify(made))
  }
  return { runId, deliveryId }
}

/** As an event worker does. */
async function process(pool: Pool, event: Envelope): Promise<void> {
  const configuration = await new ConfigurationLoader(pool).load()
  const tx = await pool.getConnection()
  try {
    await tx.beginTransaction()
    await processBatch(tx, [event], configuration, Date.now(), new OwnerMemory())
    await tx.commit()
  } finally {
    tx.release()
  }
}
