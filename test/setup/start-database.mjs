// Before the first suite: one database server for the whole jest run, its root URL in SEGUE_TEST_DATABASE_URL.
// SEGUE_TEST_MYSQL_URL names a server to use instead; its user must be allowed to create databases and accounts.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export default async function startDatabase() {
  // Where the first suite that wants the schema puts it, for all others to copy.
  process.env.SEGUE_TEST_TEMPLATE = `segue_test_template_${randomBytes(6).toString('hex')}`
  const given = process.env.SEGUE_TEST_MYSQL_URL
  if (given) {
    process.env.SEGUE_TEST_DATABASE_URL = given
    return
  }
  for (const workspace of ['packages/debian-packages', 'packages/private-database']) buildWhenStale(workspace)
  const { startPrivateDatabase } = await import('../../packages/private-database/dist/index.js')
  const folder = join(root, '.segue/test')
  mkdirSync(folder, { recursive: true })
  const database = await startPrivateDatabase({
    folder: await mkdtemp(join(folder, 'jest-')),
    cacheFolder: join(root, '.segue/mariadb'),
    port: 0,
    durability: 'relaxed',
    bufferPoolMb: 256,
    redoLogMb: 64,
    temporary: true,
    say: (line) => process.stderr.write(`test database: ${line}\n`),
  })
  process.env.SEGUE_TEST_DATABASE_URL = database.adminUrl
  // Jest hands nothing from its setup to its teardown; both run in this process.
  globalThis.segueTestDatabase = database
}

/** Jest does not transform what a setup imports, so the packages that it needs are built here. */
function buildWhenStale(workspace) {
  const newest = newestIn(join(root, workspace, 'src'))
  if (newest < newestIn(join(root, workspace, 'dist'))) return
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, workspace)])
}

function newestIn(folder) {
  try {
    return Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name)).mtimeMs))
  } catch {
    return 0
  }
}
