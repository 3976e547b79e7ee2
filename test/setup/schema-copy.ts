// The migrated schema, copied table by table: some milliseconds instead of running every migration for each suite.
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { createConnection } from 'mysql2/promise'
import { migrate } from '@segue/database'

/** Copies the schema, and the rows that migrations put in, into the empty database `target` of a server. */
export async function copyMigratedSchema(serverUrl: string, target: string): Promise<void> {
  const connection = await createConnection({ uri: serverUrl, multipleStatements: true })
  try {
    const template = await ensureTemplate(connection, serverUrl)
    const statements = await copyStatements(connection, template)
    await connection.query(`USE \`${target}\`; SET foreign_key_checks = 0; ${statements.join(';\n')}`)
  } finally {
    await connection.end()
  }
}

/** Migrates the template of this run once; suites that come at the same time wait for the one that does it. */
async function ensureTemplate(connection: Connection, serverUrl: string): Promise<string> {
  const template = process.env['SEGUE_TEST_TEMPLATE'] ?? 'segue_test_template'
  await connection.query('SELECT GET_LOCK(?, 120)', [template])
  try {
    const [found] = await connection.query<RowDataPacket[]>('SHOW DATABASES LIKE ?', [template.replaceAll('_', '\\_')])
    if (found.length > 0) return template
    await connection.query(`CREATE DATABASE \`${template}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
    const url = new URL(serverUrl)
    url.pathname = `/${template}`
    try {
      await migrate(url.href)
    } catch (error) {
      await connection.query(`DROP DATABASE \`${template}\``)
      throw error
    }
    return template
  } finally {
    await connection.query('SELECT RELEASE_LOCK(?)', [template])
  }
}

async function copyStatements(connection: Connection, template: string): Promise<string[]> {
  // MySQL cuts a GROUP_CONCAT after 1,024 characters unless told.
  await connection.query('SET SESSION group_concat_max_len = 100000')
  const [columns] = await connection.query<RowDataPacket[]>(
    `SELECT c.table_name AS name, GROUP_CONCAT(CONCAT('\`', c.column_name, '\`')) AS columns
       FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = ? AND COALESCE(c.generation_expression, '') = '' AND t.table_type = 'BASE TABLE'
      GROUP BY c.table_name`,
    [template],
  )
  const statements: string[] = []
  for (const table of columns) {
    const source = `\`${template}\`.\`${table['name']}\``
    const [definition] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${source}`)
    statements.push(String(definition[0]?.['Create Table']))
    statements.push(`INSERT INTO \`${table['name']}\` (${table['columns']}) SELECT ${table['columns']} FROM ${source}`)
  }
  return statements
}
