import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { Agenda } from 'agenda'
import { createConnection as createCallbackConnection } from 'mysql2'
import { createPool, type Pool } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend } from './index.js'

let database: TestDatabase
let pool: Pool
let backend: MySqlBackend
let agenda: Agenda

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  backend = new MySqlBackend({ pool })
  agenda = new Agenda({ backend })
  await agenda.ready
  await pool.query('CREATE TABLE orders (id INT PRIMARY KEY)')
})
beforeEach(() => pool.query('DELETE FROM agenda_jobs'))
afterAll(async () => {
  await pool.end()
  await database.close()
})

const total = async (): Promise<number> => (await agenda.queryJobs()).total

it('enqueues with the commit of the caller, together with what else is in the transaction', async () => {
  const connection = await pool.getConnection()
  await connection.beginTransaction()
  await connection.query('INSERT INTO orders VALUES (1)')
  const job = await backend.withTransaction(connection, async () => {
    const saved = await agenda.now('receipt', { order: 1 })
    expect(await total()).toBe(1)
    return saved
  })
  expect(job.attrs._id).toBeDefined()
  expect(await total()).toBe(0)
  const unseen = backend.repository.getNextJobToRun('receipt', new Date(), new Date(0), undefined, undefined)
  expect(await unseen).toBeUndefined()
  await connection.commit()
  connection.release()
  expect(await total()).toBe(1)
})

it('leaves nothing of a transaction that is rolled back: enqueued, changed, removed', async () => {
  const kept = await agenda.now('kept', { v: 1 })
  const connection = createCallbackConnection(database.url)
  const control = connection.promise()
  await control.beginTransaction()
  await backend.withTransaction(connection, async () => {
    await agenda.now('plain')
    await agenda.every('5 minutes', 'single')
    await agenda.create('unique', { user: 1 }).unique({ 'data.user': 1 }).save()
    await agenda.disable({ name: 'kept' })
    await agenda.cancel({ id: String(kept.attrs._id) })
    expect(await total()).toBe(3)
  })
  await control.rollback()
  await control.end()
  const { jobs } = await agenda.queryJobs()
  expect(jobs).toMatchObject([{ name: 'kept', disabled: false }])
})

it('keeps what others enqueue at the same time out of the transaction', async () => {
  const connection = await pool.getConnection()
  await connection.beginTransaction()
  await Promise.all([backend.withTransaction(connection, () => agenda.now('inside')), agenda.now('outside')])
  await connection.rollback()
  connection.release()
  expect((await agenda.queryJobs()).jobs.map(({ name }) => name)).toEqual(['outside'])
})

it('meets a unique job that was committed after its snapshot began', async () => {
  const connection = await pool.getConnection()
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  await connection.beginTransaction()
  await connection.query('SELECT * FROM agenda_jobs')
  const unique = (): Promise<unknown> => agenda.create('unique', { user: 1 }).unique({ 'data.user': 1 }).save()
  await unique()
  await backend.withTransaction(connection, unique)
  await connection.commit()
  connection.release()
  expect(await total()).toBe(1)
})

it('refuses what comes after the callback has ended, instead of storing it outside the transaction', async () => {
  const connection = await pool.getConnection()
  await connection.beginTransaction()
  let late: Promise<unknown> | undefined
  await backend.withTransaction(connection, async () => {
    late = new Promise((resolve) => setImmediate(resolve)).then(() => agenda.now('late'))
  })
  await expect(late).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' })
  await connection.rollback()
  connection.release()
})

it('ends the scope when the callback throws, and hands the error on', async () => {
  const connection = await pool.getConnection()
  const failing = backend.withTransaction(connection, () => Promise.reject(new Error('mine')))
  await expect(failing).rejects.toThrow('mine')
  await agenda.now('after')
  expect(await total()).toBe(1)
  connection.release()
})
