import { expect, test } from '@jest/globals'
import { createTestSignIn, TEST_GATEWAY_KEY } from '../../../test/setup/graphql-client.js'
import { readPlatformConfig } from './config.js'

test('a key whose tokens nobody would take is refused, without being told', async () => {
  const [own, other] = [await createTestSignIn('staging'), await createTestSignIn('staging')]
  const variables = {
    SEGUE_ENVIRONMENT: 'staging',
    SEGUE_MYSQL_URL: 'mysql://somebody@localhost/segue',
    SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    SEGUE_TOKEN_PUBLIC_KEYS: own.publicKeys,
  }
  expect(() => readPlatformConfig({ ...variables, SEGUE_TOKEN_PRIVATE_KEY: own.privateKey })).not.toThrow()
  const refused = (): unknown => readPlatformConfig({ ...variables, SEGUE_TOKEN_PRIVATE_KEY: other.privateKey })
  expect(refused).toThrow('is not in SEGUE_TOKEN_PUBLIC_KEYS')
  const { d } = JSON.parse(other.privateKey) as { d: string }
  expect(refused).not.toThrow(d)
})
