// The configuration: defaults, and one error with everything that is wrong.
import { describe, expect, test } from '@jest/globals'
import { readCollectorConfig } from './config.js'

const enough = {
  SEGUE_ENVIRONMENT: 'production',
  SEGUE_MYSQL_URL: 'mysql://u:p@db:3306/segue',
  SEGUE_PROFILE_ID_KEY: 'AB'.repeat(32),
}

describe('the configuration of a collector', () => {
  test('has defaults for all but environment, database and key', () => {
    expect(readCollectorConfig(enough)).toEqual({
      environment: 'production',
      logLevel: 'info',
      mysqlUrl: 'mysql://u:p@db:3306/segue',
      host: '127.0.0.1',
      port: 4000,
      health: { host: '127.0.0.1', port: 4001 },
      profileIdKey: Buffer.alloc(32, 0xab),
      trustedProxies: [],
      maxBodyBytes: 512_000,
      eventsPerSecond: 20_000,
    })
  })

  test('says everything that is wrong at once, and no values', () => {
    const wrong = {
      SEGUE_PROFILE_ID_KEY: 'secret',
      SEGUE_TRUSTED_PROXIES: '10.0.0.0/33',
      SEGUE_COLLECTOR_PORT: '70000',
    }
    expect(() => readCollectorConfig(wrong)).toThrow(
      /SEGUE_ENVIRONMENT is missing[^]*SEGUE_MYSQL_URL is missing[^]*SEGUE_COLLECTOR_PORT[^]*SEGUE_PROFILE_ID_KEY: must be 64[^]*SEGUE_TRUSTED_PROXIES/,
    )
    expect(() => readCollectorConfig(wrong)).not.toThrow(/secret/)
  })

  test('takes networks and addresses of trusted proxies', () => {
    const read = (list: string): string[] =>
      readCollectorConfig({ ...enough, SEGUE_TRUSTED_PROXIES: list }).trustedProxies
    expect(read('10.0.0.0/8, ::1,192.168.0.1')).toEqual(['10.0.0.0/8', '::1', '192.168.0.1'])
    for (const bad of ['10.0.0', 'proxy.example', '::1/129', '10.0.0.0/8/8'])
      expect(() => read(bad)).toThrow('networks')
  })
})
