// Secrets of a local start.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSecrets } from './secrets.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-secrets-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('secrets are made once, for the owner alone, and nothing is shared between the environments', async () => {
  const file = join(folder, 'secrets.json')
  const made = await loadSecrets(file, ['collector'])
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await loadSecrets(file, ['collector'])).toEqual(made)
  expect(made.staging.tokenPublicKey).not.toEqual(made.production.tokenPublicKey)
  expect(made.staging.databasePasswords['collector']).not.toBe(made.production.databasePasswords['collector'])
})

test('a new kind of process gets a password, the others keep theirs', async () => {
  const file = join(folder, 'grown.json')
  const before = await loadSecrets(file, ['collector'])
  const after = await loadSecrets(file, ['collector', 'event-worker'])
  expect(after.production.databasePasswords).toEqual({
    ...before.production.databasePasswords,
    'event-worker': expect.stringMatching(/^[0-9a-f]{36}$/),
  })
})

test('a damaged file is named and kept', async () => {
  const file = join(folder, 'damaged.json')
  await writeFile(file, '{"production":')
  await expect(loadSecrets(file, [])).rejects.toThrow(`${file} is damaged`)
  expect((await stat(file)).size).toBe('{"production":'.length)
})
