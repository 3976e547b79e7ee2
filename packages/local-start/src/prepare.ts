// Prepares an environment's database before its services start: schema, accounts, first data. The workers' process does
// it, because it has the migration worker's code already: loading that once more would take longer than the work.
import { prepareEnvironment, type EnvironmentDatabase } from './database.js'
import type { EnvironmentName } from './config.js'
import type { EnvironmentSecrets } from './secrets.js'
import { seed, type Seeded } from './seed/index.js'

export interface PrepareOrder {
  /** URL of an account that may create databases and accounts; without a database name. */
  server: string
  environment: EnvironmentName
  secrets: EnvironmentSecrets
}

export interface Prepared {
  database: EnvironmentDatabase
  seeded: Seeded
}

/** Safe to repeat. */
export async function prepare({ server, environment, secrets }: PrepareOrder): Promise<Prepared> {
  const database = await prepareEnvironment(server, environment, secrets)
  return { database, seeded: await seed(database, secrets) }
}
