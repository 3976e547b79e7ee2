// Whether a delivery may leave at all, looked at right before it does: its person, its consents, its resource.
import type { JsonObject, OutgoingResource } from '@segue/outgoing'
import { SecretError, type SecretBox } from '@segue/secrets'
import { hasConsent } from '@segue/workflow-engine'
import type { Pool } from 'mysql2/promise'
import type { ClaimedDelivery } from './sql/claim.js'
import { selectConsents } from './sql/people.js'
import { selectResources, type StoredResource } from './sql/resource.js'

/** `cancelled` for good; `failed`: when somebody has mended the resource, it may leave. */
export type Verdict =
  { kind: 'send'; resource: OutgoingResource | null } | { kind: 'cancelled' | 'failed'; code: string; message: string }

/** Verdicts of a batch, in its order: two statements, whatever its size. */
export async function judge(pool: Pool, secrets: SecretBox | null, batch: ClaimedDelivery[]): Promise<Verdict[]> {
  const people = batch.flatMap(({ profileId }) => (profileId ? [profileId] : []))
  const names = batch.flatMap(({ request }) => resourceIdOf(request) ?? [])
  const [consents, resources] = await Promise.all([
    selectConsents(pool, people),
    selectResources(pool, [...new Set(names)]),
  ])
  const stored = new Map(resources.map((resource) => [resource.id, resource]))
  return batch.map((delivery) => personVerdict(delivery, consents) ?? resourceVerdict(delivery, stored, secrets))
}

/** A consent that was given when the run made the delivery may be withdrawn by now. */
function personVerdict(
  { profileId, requiredConsents }: ClaimedDelivery,
  people: Map<string, JsonObject>,
): Verdict | undefined {
  if (!profileId) return undefined
  const consents = people.get(profileId.toString('hex'))
  if (!consents) return { kind: 'cancelled', code: 'PROFILE_GONE', message: 'The profile that it is about was erased.' }
  const missing = requiredConsents.filter((consent) => !hasConsent({ consents }, consent, Date.now()))
  if (missing.length === 0) return undefined
  return { kind: 'cancelled', code: 'CONSENT_WITHDRAWN', message: `Not given any more: ${missing.join(', ')}.` }
}

function resourceVerdict(
  { request, transport }: ClaimedDelivery,
  resources: Map<string, StoredResource>,
  secrets: SecretBox | null,
): Verdict {
  const id = resourceIdOf(request)
  if (id === undefined) return { kind: 'send', resource: null }
  const stored = resources.get(id)
  if (!stored || stored.transport !== transport)
    return {
      kind: 'failed',
      code: 'RESOURCE_MISSING',
      message: `There is no ${transport} resource ${id}. Create it; this is sent then.`,
    }
  try {
    const { settings, version } = stored
    return { kind: 'send', resource: { id, revision: String(version), settings, secret: secretOf(stored, secrets) } }
  } catch (error) {
    if (!(error instanceof SecretError)) throw error
    return { kind: 'failed', code: error.code, message: `Resource ${id}: ${error.message}` }
  }
}

/** @throws SecretError when it cannot be read. */
function secretOf({ id, secret }: StoredResource, secrets: SecretBox | null): JsonObject | null {
  if (secret === null) return null
  if (!secrets) throw new SecretError('SECRET_KEYS_MISSING')
  return JSON.parse(secrets.decrypt(id, secret)) as JsonObject
}

/** The pipeline writes a delivery's resource into its request. */
function resourceIdOf({ resource }: JsonObject): string | undefined {
  return typeof resource === 'string' ? resource : undefined
}
