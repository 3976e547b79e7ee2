// Makes a database ready for this version of Segue: schema, partitions, what ships with it. Safe to repeat and to run twice at once.
import { connect, migrate } from '@segue/database'
import { installBuiltIns } from '@segue/pipeline'
import { asJob } from './job.js'
import type { Retention } from './months.js'
import { keepPartitions } from './partitions.js'

const ALL: Retention = { events: undefined, audit: undefined }

/** `url` names the database and an account with all rights on it. Returns the names of the migrations that it ran. */
export async function prepareDatabase(url: string, retention = ALL): Promise<string[]> {
  const pool = connect({ url, connections: 2 })
  try {
    const ran = await asJob(pool, 'migrate-schema', async (progress) => {
      const names = await migrate(url)
      if (names.length > 0) await progress(names.length, names.length)
      return names
    })
    await installBuiltIns(pool)
    const connection = await pool.getConnection()
    try {
      // A change of partitions waits for every open transaction, and all that come later wait for it: with a long read going on it is put off.
      await connection.query('SET SESSION lock_wait_timeout = 2')
      await connection.query(`SELECT GET_LOCK(CONCAT('segue_upkeep_', MD5(DATABASE())), 600)`)
      await asJob(pool, 'keep-partitions', async (progress) => {
        const { added, dropped } = await keepPartitions(connection, Date.now(), retention)
        const count = added.length + dropped.length
        if (count > 0) await progress(count, count)
      })
      await connection.query(`DO RELEASE_LOCK(CONCAT('segue_upkeep_', MD5(DATABASE())))`)
    } finally {
      connection.release()
    }
    return ran
  } finally {
    await pool.end()
  }
}
