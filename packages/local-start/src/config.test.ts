// Configuration of a local start.
import { expect, test } from '@jest/globals'
import { allPorts, localConfig } from './config.js'

test('without any variable everything has its known port', () => {
  const { ports, mysqlUrl } = localConfig({})
  expect(mysqlUrl).toBeUndefined()
  expect(ports.production.collector.port).toBe(8080)
  expect(ports.production.gateway.port).toBe(4000)
  expect(ports.staging.collector.port).toBe(8081)
  expect(ports.staging.gateway.port).toBe(4001)
})

test('a base moves all ports, a single variable moves one, and no two meet', () => {
  const { ports } = localConfig({ SEGUE_PORT_BASE: '20000', SEGUE_STAGING_GATEWAY_PORT: '19000' })
  expect(ports.production.collector.port).toBe(20_000)
  expect(ports.staging.gateway).toEqual({ port: 19_000, variable: 'SEGUE_STAGING_GATEWAY_PORT' })
  const all = [...allPorts(ports.production), ...allPorts(ports.staging)].map(({ port }) => port)
  expect(new Set(all).size).toBe(all.length)
})

test('everything that is wrong is told at once, by the name of its variable', () => {
  const broken = {
    SEGUE_MYSQL_URL: 'postgres://somewhere',
    SEGUE_PRODUCTION_COLLECTOR_PORT: 'eighty',
    SEGUE_LOG_LEVEL: 'loud',
    SEGUE_SAMPLE_DATA: 'perhaps',
  }
  expect(() => localConfig(broken)).toThrow(
    expect.objectContaining({
      problems: Object.keys(broken).map((name) => expect.stringContaining(name)),
    }),
  )
})

test('a port that is given twice names both variables', () => {
  expect(() => localConfig({ SEGUE_STAGING_COLLECTOR_PORT: '4000' })).toThrow(
    /SEGUE_STAGING_COLLECTOR_PORT: port 4000 is also the port of SEGUE_PRODUCTION_GATEWAY_PORT/,
  )
})
