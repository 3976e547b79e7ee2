// What the collector says of itself, in openapi.yaml and in the reference page, is what it does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '@segue/event-model'
import { createLogger, createMetrics } from '@segue/service'
import { parse } from 'yaml'
import { MAX_EVENTS } from './accept.js'
import { readCollectorConfig } from './config.js'
import { MAX_DEPTH } from './edge/read.js'
import { ERRORS } from './errors.js'
import { countInto } from './metrics.js'
import { readBatch, readCall } from './protocols/segment.js'
import { readTracker } from './protocols/tracker.js'
import { buildServer } from './server.js'

const openapi = parse(readFileSync(join(import.meta.dirname, '../openapi.yaml'), 'utf8'), { merge: true }) as {
  paths: Record<string, Record<string, { requestBody: { content: Record<string, { example: JsonObject }> } }>>
}
const page = readFileSync(join(import.meta.dirname, '../../docs/reference/collector.md'), 'utf8').replace(/ +/g, ' ')

/** Routes out of the tree that Fastify prints, as `POST /track`. */
async function routes(): Promise<string[]> {
  const server = buildServer({
    maxBodyBytes: 1000,
    trustedProxies: [],
    accept: () => undefined,
    counts: countInto(createMetrics('test'), () => ({ waiting: 0, down: false })),
    logger: createLogger('test', 'silent'),
  })
  await server.ready()
  const found: string[] = []
  const above: string[] = []
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (.*?) \((.*)\)$/.exec(line)
    if (!match?.[2] || !match[3]) continue
    const depth = (match[1] ?? '').length / 4
    above.length = depth
    above.push(match[2])
    const path = above.join('').replace(/:(\w+)/g, '{$1}')
    for (const method of match[3].split(', '))
      if (method !== 'HEAD' && method !== 'OPTIONS') found.push(`${method} ${path}`)
  }
  await server.close()
  return found.sort()
}

describe('openapi.yaml', () => {
  test('lists exactly the routes there are', async () => {
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => (method === 'parameters' ? [] : [`${method.toUpperCase()} ${path}`])),
    )
    expect(described.sort()).toEqual(await routes())
  })

  test('has examples that are taken in', () => {
    const example = (path: string): JsonObject =>
      openapi.paths[path]?.['post']?.requestBody.content['application/json']?.example ?? {}
    const extras = { profileLess: false, sentAt: null, key: undefined }
    expect(readTracker(example('/track'), extras).events).toHaveLength(1)
    for (const call of ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const)
      expect(readCall(example(`/v1/${call}`), call, 'key', 100).events).toHaveLength(1)
    expect(readBatch(example('/v1/batch'), 'key', 100).events).toHaveLength(2)
  })
})

describe('docs/reference/collector.md', () => {
  test('lists all errors as the table has them', () => {
    for (const [code, { status, message }] of Object.entries(ERRORS))
      expect(page).toContain(`| \`${code}\` | ${status} | ${message} |`)
    expect(page.match(/^\| `[A-Z_]+` \| \d{3} \|/gm)).toHaveLength(Object.keys(ERRORS).length)
  })

  test('lists all variables, the limits and the routes', () => {
    const variables = readMissing()
    for (const variable of variables) expect(page).toContain(`\`${variable}\``)
    for (const text of [`${MAX_EVENTS} events`, `${MAX_DEPTH} levels`, '512,000 bytes', '32 KiB'])
      expect(page).toContain(text)
    for (const path of ['/track', '/v1/batch', '/collect/', '/pixel.gif', '/health']) expect(page).toContain(path)
  })
})

/** Names of all variables, out of the error for an environment in which each of them is wrong. */
function readMissing(): string[] {
  const wrong = Object.fromEntries(
    ['ENVIRONMENT', 'LOG_LEVEL', 'MYSQL_URL', 'COLLECTOR_PORT', 'HEALTH_PORT', 'PROFILE_ID_KEY', 'TRUSTED_PROXIES']
      .concat(['COLLECTOR_MAX_BODY_BYTES', 'COLLECTOR_EVENTS_PER_SECOND'])
      .map((name) => [`SEGUE_${name}`, '?']),
  )
  try {
    readCollectorConfig(wrong)
  } catch (error) {
    const names = String(error).match(/SEGUE_[A-Z_]+/g) ?? []
    expect(new Set(names).size).toBe(Object.keys(wrong).length)
    return [...names, 'SEGUE_COLLECTOR_HOST', 'SEGUE_HEALTH_HOST']
  }
  throw new Error('a broken configuration was read')
}
