// What a new environment begins with: accounts, sources, a workflow. What ships with Segue itself (event types, kinds
// of identity) the migration worker installs.
import { dataSource, Event } from '@segue/database'
import type { EnvironmentDatabase } from '../database.js'
import type { EnvironmentSecrets } from '../secrets.js'
import { seedAccounts, type SeededAccounts } from './accounts.js'
import { seedSources } from './sources.js'
import { seedWorkflow } from './workflow.js'

export type { ShownAccount } from './accounts.js'

export interface Seeded {
  accounts: SeededAccounts
  /** No event was ever stored: the sample belongs here. */
  isEmpty: boolean
}

/** Puts things in only where there are none of their kind: what somebody changed or removed stays so. */
export async function seed(database: EnvironmentDatabase, secrets: EnvironmentSecrets): Promise<Seeded> {
  const source = await dataSource({ url: database.adminUrl, connections: 1 }).initialize()
  try {
    await seedSources(source, secrets)
    await seedWorkflow(source)
    const isEmpty = !(await source.getRepository(Event).exists())
    return { accounts: await seedAccounts(source, secrets.demoPassword), isEmpty }
  } finally {
    await source.destroy()
  }
}
