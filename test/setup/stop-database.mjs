// After the last suite: ends the run's database and deletes its files. A run that is interrupted does not get here;
// the database then ends by itself (packages/private-database holds it on a leash).
import { createConnection } from 'mysql2/promise'

export default async function stopDatabase() {
  if (globalThis.segueTestDatabase) return globalThis.segueTestDatabase.close()
  // A server that was given to us outlives the run; what we made on it does not.
  const connection = await createConnection(process.env.SEGUE_TEST_DATABASE_URL)
  await connection.query('DROP DATABASE IF EXISTS ??', [process.env.SEGUE_TEST_TEMPLATE])
  await connection.end()
}
