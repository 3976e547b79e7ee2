// Who may do what: a table of rights and roles, and the functions that decide by it, for fields and for rows. Nothing else decides.
import { Extensions } from 'type-graphql'
import { NotAllowed, NotSignedIn, type UserError } from './errors.js'

/** `developer` orchestrates (sources, event types, workflows, dead letters), `marketer` makes segments and content. */
export const ROLES = ['admin', 'developer', 'marketer', 'viewer'] as const

export type Role = (typeof ROLES)[number]

/** Every right, with the roles that have it. Every field of the schema states one of them (or `public`) with `@Right`. */
export const RIGHTS = {
  /** One's own account, sessions and API keys. */
  'own.read': ROLES,
  'own.write': ROLES,
  'profiles.read': ROLES,
  /** Personal data as it is; without it, it is masked. Other roles have it when their account's flag says so: see `may`. */
  'personal.read': ['admin'],
  /** Which fields count as personal: no secret, and needed to understand masks. */
  'personal-fields.read': ROLES,
  'personal-fields.write': ['admin'],
  'events.read': ROLES,
  'sources.read': ROLES,
  'sources.write': ['admin', 'developer'],
  'event-types.read': ROLES,
  'event-types.write': ['admin', 'developer'],
  'dead-letters.read': ROLES,
  'dead-letters.write': ['admin', 'developer'],
  'workflows.read': ROLES,
  'workflows.write': ['admin', 'developer'],
  /** Trying a workflow with made-up or real data, without effects. */
  'workflows.test': ['admin', 'developer'],
  /** How workflows ran, with those that wait and what they wait for. */
  'runs.read': ROLES,
  'runs.write': ['admin', 'developer'],
  /** What leaves the house. */
  'deliveries.read': ROLES,
  'deliveries.write': ['admin', 'developer'],
  /** Outside systems; their secrets are shown to nobody. */
  'resources.read': ['admin', 'developer'],
  'resources.write': ['admin', 'developer'],
  /** Quiet hours and how often people may be written to. */
  'contact-policies.read': ROLES,
  'contact-policies.write': ['admin', 'developer', 'marketer'],
  'segments.read': ROLES,
  'segments.write': ['admin', 'marketer'],
  'accounts.read': ['admin'],
  'accounts.write': ['admin'],
  'audit.read': ['admin'],
  /** Maintenance work. */
  'jobs.read': ['admin', 'developer'],
  /** Introspection, and a subgraph's own SDL. */
  'schema.read': ['admin', 'developer'],
} as const satisfies Record<string, readonly Role[]>

/** A right of the table, or `public`: no sign-in needed. */
export type RightName = keyof typeof RIGHTS | 'public'

/** The account a request speaks for, out of its access token. */
export interface SignedInAccount {
  id: string
  role: Role
  /** The session that the token belongs to, or the API key it was exchanged for. */
  sessionId: string
  /** Whether personal data is shown unmasked, whatever the role. */
  personalData: boolean
  /** Of tokens of API keys: they may do only this, and only what their account may. */
  scopes?: readonly RightName[]
  /** When the token ends, milliseconds. */
  expiresAt: number
}

/** Whether `name` is a right of the table or `public`. */
export function isRight(name: unknown): name is RightName {
  return name === 'public' || (typeof name === 'string' && Object.hasOwn(RIGHTS, name))
}

/** Whether `account` (undefined: nobody signed in) has `right`: by its role, or its flag for personal data, and within its scopes when it has some. */
export function may(account: SignedInAccount | undefined, right: RightName): boolean {
  if (right === 'public') return true
  if (!account) return false
  if (account.scopes && !account.scopes.includes(right)) return false
  const roles: readonly Role[] = RIGHTS[right]
  return roles.includes(account.role) || (right === 'personal.read' && account.personalData)
}

/** Why `account` (undefined: nobody signed in) may not use `right`; undefined when it may. */
export function refusal(account: SignedInAccount | undefined, right: RightName): UserError | undefined {
  if (may(account, right)) return undefined
  return account ? NotAllowed({ role: account.role, right }) : NotSignedIn()
}

/**
 * Whether `account` may see or change a row that belongs to an account: its own with `own`, everybody's with `others`. For rows such as sessions
 * and API keys: `mayRow(account, session.accountId, { own: 'own.read', others: 'accounts.read' })`.
 */
export function mayRow(
  account: SignedInAccount | undefined,
  ownerId: string | null,
  rights: { own: RightName; others: RightName },
): boolean {
  return may(account, rights.others) || (account !== undefined && account.id === ownerId && may(account, rights.own))
}

const STATED = 'segue:right'

/**
 * States the right that a field needs: at a query, mutation, subscription, field or field resolver for that one, at an object type or a resolver class
 * for all of its fields that state none. `buildSubgraph` prints it into the SDL as `@requiresScopes`, `public` as `@tag(name: "public")`.
 */
export function Right(right: RightName): ClassDecorator & MethodDecorator & PropertyDecorator {
  const decorate = (target: object, key?: string | symbol): void => {
    if (key !== undefined) {
      Reflect.defineMetadata(STATED, right, target, key)
      Extensions({ right })(target, key, {})
      return
    }
    const type = target as { prototype: object }
    Extensions({ right })(type as never)
    for (const name of Object.getOwnPropertyNames(type.prototype)) {
      if (name !== 'constructor' && !Reflect.hasOwnMetadata(STATED, type.prototype, name)) {
        Extensions({ right })(type.prototype, name, {})
      }
    }
  }
  return decorate as ClassDecorator & MethodDecorator & PropertyDecorator
}
