// Which inbox partition an event goes to: a hash of whom it is about, so one person's events mostly stay in order.
import type { Envelope } from './envelope.js'

/**
 * How many partitions the inbox has: the most event workers that can share it. A change needs a drained inbox, so it is
 * no setting. Sixteen: a worker that owns them all reads them in one statement of sixteen short index scans.
 */
export const INBOX_PARTITIONS = 16

/** Identity kinds in the order in which they are taken for "whom"; kinds not listed come after these. */
const WHOM = ['anonymous', 'device', 'user', 'customer', 'email', 'phone']

/** The partition (0 … INBOX_PARTITIONS-1) of an event: by profile id, else anonymous or device id, else strongest identity, else session. */
export function partitionOf(envelope: Pick<Envelope, 'profileId' | 'identities' | 'session' | 'eventId'>): number {
  return fnv1a(whom(envelope)) % INBOX_PARTITIONS
}

function whom({
  profileId,
  identities,
  session,
  eventId,
}: Pick<Envelope, 'profileId' | 'identities' | 'session' | 'eventId'>): string {
  if (profileId) return profileId
  for (const kind of WHOM) {
    const claim = identities.find((identity) => identity.kind === kind)
    if (claim) return claim.value
  }
  return identities[0]?.value ?? session?.id ?? eventId
}

/** FNV-1a, 32 bit: spreads short strings evenly and costs nothing. http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
