// Identity kinds as data: how a value is normalized, how many a profile may have, whether it may join two profiles.

export type Normalization = 'trim' | 'lower' | 'email' | 'phone'

/** One row of table `identity_kind`. */
export interface IdentityKind {
  kind: string
  normalization: Normalization
  /** Two different values forbid a merge: they are two people. */
  onePerProfile: boolean
  /** Whether sharing a value joins two profiles. */
  mayMerge: boolean
  /** Whether only trusted (server-side) sources may state it. */
  trustedOnly: boolean
  /** Goes to the person who uses it now when it cannot join (a shared device), instead of staying with its first owner. */
  movable: boolean
  /** Whether having one makes a profile an identified person. */
  identifies: boolean
  /** Higher decides first whom an event is about. */
  strength: number
}

/** The kinds every new database starts with. */
export const BUILT_IN_IDENTITY_KINDS: readonly IdentityKind[] = [
  kind('user', 'trim', 100, { onePerProfile: true, identifies: true }),
  kind('customer', 'trim', 95, { onePerProfile: true, identifies: true, trustedOnly: true }),
  kind('email', 'email', 80, { identifies: true }),
  kind('phone', 'phone', 70, { identifies: true }),
  kind('anonymous', 'trim', 30, { movable: true }),
  kind('device', 'trim', 20, { movable: true }),
]

function kind(
  name: string,
  normalization: Normalization,
  strength: number,
  rules: Partial<IdentityKind>,
): IdentityKind {
  return {
    kind: name,
    normalization,
    strength,
    onePerProfile: false,
    mayMerge: true,
    trustedOnly: false,
    movable: false,
    identifies: false,
    ...rules,
  }
}

const JUNK = new Set([
  '',
  'null',
  'undefined',
  'nan',
  'none',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'guest',
  'test',
  'true',
  'false',
  '[object object]',
  '-1',
])

/** Characters of the longest value that identifies somebody: what the column holds. */
const LONGEST = 255

/**
 * The normalized value by which an identity is unique, or null when the value is junk ('null', all zeros, ...) and must not
 * identify anybody. Values longer than 255 characters are junk too.
 */
export function normalizeIdentity(normalization: Normalization, raw: string): string | null {
  const value = raw.trim().normalize('NFC')
  if (value.length > LONGEST || JUNK.has(value.toLowerCase()) || /^[0\s\-:.+()]+$/.test(value)) return null
  switch (normalization) {
    case 'trim':
      return value
    case 'lower':
      return lowered(value)
    case 'email':
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? lowered(value) : null
    case 'phone':
      return normalizePhone(value)
  }
}

/** Lower case can be longer than what it is made of: İ becomes two characters. */
function lowered(value: string): string | null {
  const lower = value.toLowerCase()
  return lower.length > LONGEST ? null : lower
}

/** Digits with a leading +, as ITU-T E.164 writes them; 00 is read as +. Fewer than six digits identify nobody. */
function normalizePhone(value: string): string | null {
  const digits = value.replace(/[\s\-()./]/g, '').replace(/^00/, '+')
  return /^\+?\d{6,15}$/.test(digits) ? digits : null
}
