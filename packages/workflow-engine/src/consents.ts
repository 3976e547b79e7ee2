// Whether a profile has given its consents.
import type { JsonObject } from './json.js'
import { readPath } from './profile-draft.js'
import type { Decision } from './run-state.js'

/** A consent is given when it is on the profile, not refused and not past its `revoke` time. */
export function hasConsent(profile: JsonObject, consent: string, now: number): boolean {
  const value = readPath(profile, ['consents', consent])
  if (value === undefined || value === null || value === false) return false
  const revoke = typeof value === 'object' ? readPath(value, ['revoke']) : null
  return typeof revoke !== 'string' || Date.parse(revoke) > now
}

/** Decides whether the profile has all of the consents. */
export function decideConsents(profile: JsonObject, consents: readonly string[], now: number): Decision {
  const missing = consents.filter((consent) => !hasConsent(profile, consent, now))
  if (missing.length === 0) return { allowed: true, code: 'CONSENT_GIVEN', message: `Given: ${consents.join(', ')}.` }
  return { allowed: false, code: 'CONSENT_MISSING', message: `Not given: ${missing.join(', ')}.` }
}
