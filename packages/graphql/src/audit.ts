// The audit: what a change is told as, and how it becomes an entry: only what changed, bounded, and no secrets.
import { toBytes } from '@segue/database'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { v7 } from 'uuid'
import type { SignedInAccount } from './rights.js'
import type { AuditRow } from './sql/insert-audit-entries.js'

/** A change, as a mutation tells it: `audit({ action: 'segment.update', subject: { type: 'Segment', id }, before, after })`. */
export interface AuditedChange {
  /** `<subject>.<verb>` in kebab-case, stable: people and programs search by it. */
  action: `${string}.${string}`
  /** What was changed: the name of its GraphQL type, and its id. */
  subject: { type: string; id: string }
  /** The whole thing as it was; left out when it is new, or nothing is to be told. Only what differs from `after` is kept. */
  before?: object
  /** The whole thing as it is now; left out when it is gone. */
  after?: object
  /** Who it was, where the request's own account is not the one: a sign-in. */
  actor?: { accountId: string; apiKeyId?: string }
}

/** Whose request it is and where it came from. */
export interface AuditOrigin {
  account: SignedInAccount | undefined
  peer: string
  /** Empty: it said nothing. */
  userAgent: string
  requestId: string
}

/** Longest JSON of a value that is kept. A name, a condition, a list of origins fit; of a workflow's graph there is a version once it is deployed. */
const LONGEST_VALUE = 2000
/** As the column. */
const LONGEST_USER_AGENT = 255

/**
 * Subjects of whom `before` and `after` say nothing about a person. Those of all others are masked for who may not see personal data, and not searched:
 * a new kind of subject is on the safe side until it is added here.
 */
const NOT_PERSONAL: ReadonlySet<string> = new Set([
  'EventSource',
  'EventType',
  'EventSchema',
  'DeadLetter',
  'Workflow',
  'WorkflowTrigger',
  'WorkflowRun',
  'DelayedEvent',
  'Delivery',
  'Resource',
  'ContactPolicy',
  'Segment',
])

/** What no entry has, whatever told it: they change with every save, or are a secret. */
const LEFT_OUT = /^(createdAt|updatedAt)$|(password|secret|token|hash|key)$/i

/** The entry of a change. Its id is a UUIDv7 of now, so entries are in the order of their time. */
export function auditRow(change: AuditedChange, { account, peer, userAgent, requestId }: AuditOrigin): AuditRow {
  // Without options: only so are those of one millisecond in their order, too.
  const id = v7()
  const { before, after } = difference(change.before, change.after)
  // Only the token of an API key is limited to scopes; its session is the key.
  const actor = change.actor ?? {
    accountId: account?.id,
    ...(account?.scopes ? { apiKeyId: account.sessionId } : {}),
  }
  return {
    id,
    at: new Date(toBytes(id).readUIntBE(0, 6)),
    accountId: actor.accountId ?? null,
    apiKeyId: actor.apiKeyId ?? null,
    action: change.action,
    subjectType: change.subject.type,
    subjectId: change.subject.id,
    before,
    after,
    personal: !NOT_PERSONAL.has(change.subject.type),
    address: peer,
    userAgent: userAgent.slice(0, LONGEST_USER_AGENT) || null,
    requestId,
  }
}

function difference(
  before: object | undefined,
  after: object | undefined,
): { before: string | null; after: string | null } {
  const [was, is] = [asJson(before), asJson(after)]
  const changed = Object.keys({ ...was, ...is }).filter(
    (key) => !LEFT_OUT.test(key) && !isDeepStrictEqual(was?.[key], is?.[key]),
  )
  const pick = (values: Record<string, unknown> | undefined): string | null =>
    values
      ? JSON.stringify(
          Object.fromEntries(changed.filter((key) => key in values).map((key) => [key, bounded(values[key])])),
        )
      : null
  return { before: pick(was), after: pick(is) }
}

/** As it will be stored: times as text, bytes (which are ids' or hashes') and what is undefined not at all. */
function asJson(values: object | undefined): Record<string, unknown> | undefined {
  if (!values) return undefined
  const told = Object.entries(values).filter(([, value]) => value !== undefined && !(value instanceof Uint8Array))
  return JSON.parse(JSON.stringify(Object.fromEntries(told))) as Record<string, unknown>
}

/** A value that is too long as what tells it apart from another one. */
function bounded(value: unknown): unknown {
  const json = JSON.stringify(value)
  if (json.length <= LONGEST_VALUE) return value
  return {
    omitted: true,
    bytes: Buffer.byteLength(json),
    ...(Array.isArray(value) ? { items: value.length } : {}),
    sha256: createHash('sha256').update(json).digest('hex'),
  }
}
