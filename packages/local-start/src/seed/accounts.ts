// Who may sign in to a new environment: the first admin, and demo accounts to try things with.
import { randomBytes } from 'node:crypto'
import { Account } from '@segue/database'
import type { DataSource } from 'typeorm'

/** One demo account each. */
const ROLES = ['admin', 'developer', 'marketer', 'viewer'] as const

/** An account to show to whoever started. */
export interface ShownAccount {
  email: string
  role: Account['role']
  password: string
}

export interface SeededAccounts {
  /** Made by this start; its password is shown this once and kept nowhere. */
  firstAdmin: ShownAccount | undefined
  /** Shown at every start, as long as they are there. */
  demo: ShownAccount[]
}

/** Only an environment without any account gets some. */
export async function seedAccounts(database: DataSource, demoPassword: string): Promise<SeededAccounts> {
  const demo = ROLES.map((role): ShownAccount => ({
    email: `demo-${role}@segue.local`,
    role,
    password: demoPassword,
  }))
  const present = new Set((await database.getRepository(Account).find()).map(({ email }) => email))
  if (present.size > 0) return { firstAdmin: undefined, demo: demo.filter(({ email }) => present.has(email)) }

  // Loaded only now: it brings all of GraphQL along, which a start that has accounts does without.
  const { createAccount } = await import('@segue/subgraph-platform')
  const password = randomBytes(12).toString('base64url')
  const firstAdmin: ShownAccount = { email: 'admin@segue.local', role: 'admin', password }
  await createAccount(database, { ...firstAdmin, name: 'Administrator' })
  for (const account of demo) await createAccount(database, { ...account, name: `Demo ${account.role}` })
  return { firstAdmin, demo }
}
