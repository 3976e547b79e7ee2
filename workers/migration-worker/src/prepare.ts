// Makes a database ready for this version of Segue: schema, partitions, what ships with it. Safe to repeat and to run twice at once.
import { connect, migrate } from '@segue/database'
import { installBuiltIns } from '@segue/pipeline'
import { keepPartitions } from './partitions.js'

/** `url` names the database and an account with all rights on it. Returns the names of the migrations that it ran. */
export async function prepareDatabase(url: string, retentionMonths?: number): Promise<string[]> {
  const ran = await migrate(url)
  const pool = connect({ url, connections: 1 })
  try {
    await installBuiltIns(pool)
    const connection = await pool.getConnection()
    try {
      // A change of partitions waits for every open transaction, and all that come later wait for it: with a long read going on it is put off.
      await connection.query('SET SESSION lock_wait_timeout = 2')
      await connection.query(`SELECT GET_LOCK(CONCAT('segue_upkeep_', MD5(DATABASE())), 600)`)
      await keepPartitions(connection, Date.now(), retentionMonths)
      await connection.query(`DO RELEASE_LOCK(CONCAT('segue_upkeep_', MD5(DATABASE())))`)
    } finally {
      connection.release()
    }
  } finally {
    await pool.end()
  }
  return ran
}
