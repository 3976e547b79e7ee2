// Rows that are too large to be sent in one statement.
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createTestPipeline, type TestPipeline } from '../testing/test-pipeline.js'
import { insertRows } from './insert-rows.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())

it('sends no statement that is larger than the server accepts, of texts and of bytes', async () => {
  await pipeline.rows('CREATE TABLE large (id INT PRIMARY KEY, body MEDIUMBLOB NOT NULL)')
  const [limit] = await pipeline.rows<{ bytes: number }>('SELECT @@max_allowed_packet AS bytes')
  const size = 300_000
  const rows = Math.ceil((1.5 * Number(limit?.bytes)) / size)
  const tx = await pipeline.pool.getConnection()
  const cells = Array.from({ length: rows }, (_, id) => [id, Buffer.alloc(size, 'x')])
  expect(await insertRows(tx, { into: 'large', columns: ['id', 'body'] }, cells)).toBe(rows)
  tx.release()
})
