// A process that prepares the databases and ends: schema, accounts, first data. Apart from the starter, which stays for
// as long as everything runs and would keep the memory of all the code that this takes.
import { prepareEnvironment, type EnvironmentDatabase } from './database.js'
import type { EnvironmentName } from './config.js'
import type { EnvironmentSecrets } from './secrets.js'
import { seed, type Seeded } from './seed/index.js'

/** What it is told. */
export interface PrepareOrder {
  /** Of an account that may create databases and accounts; without a database name. */
  server: string
  environment: EnvironmentName
  secrets: EnvironmentSecrets
}

/** What it answers. */
export interface Prepared {
  database: EnvironmentDatabase
  seeded: Seeded
}

process.once('message', (orders) => {
  Promise.all((orders as PrepareOrder[]).map(prepare)).then(
    (prepared) => process.send?.({ prepared }, () => process.disconnect()),
    (error: unknown) => {
      console.error(error)
      process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1))
    },
  )
})

async function prepare({ server, environment, secrets }: PrepareOrder): Promise<Prepared> {
  const database = await prepareEnvironment(server, environment, secrets)
  return { database, seeded: await seed(database, secrets) }
}
