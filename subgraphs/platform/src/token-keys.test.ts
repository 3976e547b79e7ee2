// Changing the keys of access tokens without signing anybody out.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { startTestPlatform, type TestPlatform } from '../../../test/setup/platform.js'
import { newTokenKey } from './new-token-key.js'

let database: TestDatabase
let old: TestPlatform

beforeAll(async () => {
  database = await createMigratedDatabase()
  old = await startTestPlatform(database)
  await old.addAccount('somebody@example.com', 'viewer')
})
afterAll(async () => {
  await old?.close()
  await database?.close()
})

const asks = async (platform: TestPlatform, token: string): Promise<string | undefined> =>
  (await platform.ask('{ me { email } }', {}, { token })).errors?.[0]?.extensions.code

/** The subgraph with other keys over the same database, as after a restart with other variables. */
async function withKeys<Result>(
  keys: { privateKey: string; publicKeys: string },
  work: (platform: TestPlatform) => Promise<Result>,
): Promise<Result> {
  const platform = await startTestPlatform(database, { ...old, signIn: { ...old.signIn, ...keys } })
  try {
    return await work(platform)
  } finally {
    await platform.close()
  }
}

test('tokens of the old key count beside those of the new one, until the old key is taken away', async () => {
  const { privateKey, publicKeys } = old.signIn
  const made = await newTokenKey(publicKeys)
  const both = made.SEGUE_TOKEN_PUBLIC_KEYS
  const [oldSession, kidOf] = [
    await old.login('somebody@example.com'),
    (token: string) => decodeProtectedHeader(token).kid,
  ]

  // First everybody knows both keys, and the old one signs.
  await withKeys({ privateKey, publicKeys: both }, async (platform) => {
    expect(await asks(platform, oldSession.token)).toBeUndefined()
    const { token } = await platform.login('somebody@example.com')
    expect(kidOf(token)).toBe(kidOf(oldSession.token))
  })

  // Then the new one signs. Whoever has a token of the old one notices nothing.
  const newSession = await withKeys(
    { privateKey: made.SEGUE_TOKEN_PRIVATE_KEY, publicKeys: both },
    async (platform) => {
      expect(await asks(platform, oldSession.token)).toBeUndefined()
      const session = await platform.login('somebody@example.com')
      expect(kidOf(session.token)).not.toBe(kidOf(oldSession.token))
      expect(await asks(platform, session.token)).toBeUndefined()
      return session
    },
  )

  // A quarter of an hour later the old one goes. Sessions go on: refresh tokens are of no key.
  const { keys } = JSON.parse(both) as { keys: { kid: string }[] }
  const newest = JSON.stringify({ keys: keys.filter(({ kid }) => kid === kidOf(newSession.token)) })
  await withKeys({ privateKey: made.SEGUE_TOKEN_PRIVATE_KEY, publicKeys: newest }, async (platform) => {
    expect(await asks(platform, newSession.token)).toBeUndefined()
    expect(await asks(platform, oldSession.token)).toBe('UNAUTHENTICATED')
    const refreshed = await platform.ask('mutation { refreshSession { accessToken } }', {}, oldSession)
    // The old access token beside it would be refused, so it is left out.
    expect(refreshed.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const { refreshToken } = oldSession
    const again = await platform.ask('mutation { refreshSession { accessToken } }', {}, { refreshToken })
    expect(await asks(platform, again.data.refreshSession.accessToken)).toBeUndefined()
  })
})
