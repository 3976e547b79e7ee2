// Who may do what: a table of rights and roles, and the one function that decides by it.
import { Directive, Extensions } from 'type-graphql'
import { NotAllowed, NotSignedIn, type UserError } from './errors.js'

export type Role = 'admin' | 'viewer'

/** Every right, with the roles that have it. A root field names its right with `@Right`; one that names none needs `read` or `write`. */
export const RIGHTS = {
  /** Every query that names no other right. */
  read: ['admin', 'viewer'],
  /** Every mutation that names no other right. */
  write: ['admin'],
  'accounts.read': ['admin'],
  'accounts.write': ['admin'],
  /** Introspection, and a subgraph's own SDL. */
  'schema.read': ['admin'],
} as const satisfies Record<string, readonly Role[]>

/** A right of the table, or `public`: no sign-in needed. */
export type RightName = keyof typeof RIGHTS | 'public'

/** The account a request speaks for, out of its access token. */
export interface SignedInAccount {
  id: string
  role: Role
}

/** States which right a query or mutation needs. Public ones are tagged in the composed schema, so the gateway knows them too. */
export function Right(right: RightName): MethodDecorator {
  return (target, key, descriptor) => {
    Extensions({ right })(target, key, descriptor)
    if (right === 'public') Directive('@tag(name: "public")')(target, key, descriptor)
  }
}

/** Why `account` (undefined: nobody signed in) may not use `right`; undefined when it may. */
export function refusal(account: SignedInAccount | undefined, right: RightName): UserError | undefined {
  if (right === 'public') return undefined
  if (!account) return NotSignedIn()
  const roles: readonly Role[] = RIGHTS[right]
  return roles.includes(account.role) ? undefined : NotAllowed({ role: account.role, right })
}
