// A private database under the treatment that it exists for: kills, restarts, rivals on its folder and port.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { endLeftoverServer, freePort, hasEnded, startPrivateDatabase, type PrivateDatabase } from './index.js'

const project = join(import.meta.dirname, '../../..')
const cacheFolder = join(project, '.segue/mariadb')
let parent: string
const opened: PrivateDatabase[] = []

beforeAll(async () => {
  await mkdir(join(project, '.segue/test'), { recursive: true })
  parent = await mkdtemp(join(project, '.segue/test/private-database-'))
})
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})
afterAll(() => rm(parent, { recursive: true, force: true }))

const settings = { cacheFolder, port: 0, durability: 'full', bufferPoolMb: 32, redoLogMb: 16 } as const

async function start(name: string, more: { port?: number; supervised?: boolean; temporary?: boolean } = {}) {
  const database = await startPrivateDatabase({ folder: join(parent, name), ...settings, ...more })
  opened.push(database)
  return database
}

async function query(database: PrivateDatabase, statement: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(database.adminUrl)
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement)
    return rows
  } finally {
    await connection.end()
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await condition()); await delay(20)) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 20 s')
  }
}

test('what was committed before kill -9 is there after the restart on the same port', async () => {
  const database = await start('killed')
  await query(database, 'CREATE DATABASE kept')
  await query(database, 'CREATE TABLE kept.row (id INT PRIMARY KEY) ENGINE=InnoDB')
  await query(database, 'INSERT INTO kept.row VALUES (7)')
  const before = database.pid
  await database.kill9()
  expect(await hasEnded(before)).toBe(true)
  await database.restart()
  expect(database.pid).not.toBe(before)
  expect(await query(database, 'SELECT id FROM kept.row')).toEqual([{ id: 7 }])
})

test('a server runs with the settings that the design relies on', async () => {
  const database = await start('settings')
  const [row] = await query(
    database,
    'SELECT @@character_set_server AS charset, @@innodb_flush_log_at_trx_commit AS flush, @@max_connections AS connections',
  )
  expect(row).toEqual({ charset: 'utf8mb4', flush: 1, connections: 200 })
  // MariaDB's older releases and MySQL have different names for the isolation level.
  const [isolation] = await query(
    database,
    "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')",
  )
  expect(isolation?.['Value']).toBe('READ-COMMITTED')
})

test('nobody gets in without the password, which only the owner can read', async () => {
  const database = await start('password')
  await expect(createConnection({ host: '127.0.0.1', port: database.port, user: 'root' })).rejects.toThrow('denied')
  expect((await stat(join(parent, 'password/root-password'))).mode & 0o777).toBe(0o600)
})

test('a second server on the same folder is refused at once and names the process', async () => {
  const database = await start('twice')
  await expect(start('twice')).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    message: expect.stringContaining(String(database.pid)),
  })
})

test('the pid file of a killed server does not stand in the way, also when its number lives again', async () => {
  const database = await start('stale')
  await database.kill9()
  await writeFile(join(parent, 'stale/server.pid'), `${process.pid}\n`)
  expect((await start('stale')).pid).not.toBe(process.pid)
})

test('a taken port is named', async () => {
  const port = await freePort()
  const squatter = createServer().listen(port, '127.0.0.1')
  await once(squatter, 'listening')
  try {
    await expect(start('taken', { port })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(`${port}`),
    })
  } finally {
    squatter.close()
  }
})

test('a supervised server that dies comes back by itself', async () => {
  const database = await start('supervised', { supervised: true })
  const before = database.pid
  process.kill(before, 'SIGKILL')
  await until(() => database.pid !== before)
  expect(await query(database, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a server that was left behind is found and ended, and the next start has its data', async () => {
  const database = await start('leftover')
  await query(database, 'CREATE DATABASE kept')
  expect(await endLeftoverServer(join(parent, 'leftover'))).toBe(database.pid)
  expect(await hasEnded(database.pid)).toBe(true)
  expect(await endLeftoverServer(join(parent, 'leftover'))).toBeUndefined()
  const again = await start('leftover')
  expect(await query(again, "SHOW DATABASES LIKE 'kept'")).toHaveLength(1)
})

test('when its owner is killed, a temporary database ends and its folder is gone', async () => {
  const folder = join(parent, 'orphan')
  const script = `
    import { startPrivateDatabase } from ${JSON.stringify(join(project, 'packages/private-database/dist/index.js'))}
    const options = ${JSON.stringify({ folder, ...settings, temporary: true })}
    console.log((await startPrivateDatabase(options)).pid)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(await hasEnded(pid)).toBe(false)
  owner.kill('SIGKILL')
  await until(async () => (await hasEnded(pid)) && !existsSync(folder))
})

test('a start without a usable server or folder says which file stands in the way', async () => {
  await writeFile(join(parent, 'file'), '')
  await expect(start('file')).rejects.toThrow(/file/)
  expect(await readFile(join(parent, 'file'), 'utf8')).toBe('')
})
