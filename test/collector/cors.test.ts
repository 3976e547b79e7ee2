// CORS as browsers ask for it: the headers of preflights and answers, over HTTP.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { startCollector, type TestCollector } from './start-collector.js'

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  await collector.source({ id: 'shop', channel: 'tracker' })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})

describe('CORS', () => {
  test.each(['/track', '/v1/batch', '/v1/t', '/collect/a/b', '/pixel.gif'])(
    'a preflight of %s is answered for the page that asks',
    async (path) => {
      const response = await fetch(collector.url + path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-timestamp',
        },
      })
      expect(response.status).toBe(204)
      const headers = Object.fromEntries(response.headers)
      expect(headers).toMatchObject({
        'access-control-allow-origin': 'https://shop.example',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': expect.stringContaining('POST'),
        'access-control-max-age': '7200',
        vary: 'Origin',
      })
      for (const name of ['content-type', 'authorization', 'x-timestamp'])
        expect(headers['access-control-allow-headers']).toContain(name)
    },
  )

  test('answers and errors can be read by the page that sent', async () => {
    for (const [source, status] of [
      ['shop', 200],
      ['nobody', 401],
    ] as const) {
      const response = await fetch(`${collector.url}/track`, {
        method: 'POST',
        headers: { origin: 'https://shop.example' },
        body: JSON.stringify({ source: { id: source }, events: [{ type: 'page-view' }] }),
      })
      expect(response.status).toBe(status)
      expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
      expect(response.headers.get('access-control-allow-credentials')).toBe('true')
    }
  })

  test('who is no page gets no such headers', async () => {
    expect((await fetch(`${collector.url}/health`)).headers.get('access-control-allow-origin')).toBeNull()
  })
})
