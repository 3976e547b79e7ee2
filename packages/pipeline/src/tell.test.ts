// What a batch tells those who watch.
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { readChanges, toId, type Changes } from '@segue/database'
import { claims, createTestPipeline, envelope, mintId, type TestPipeline } from './testing/test-pipeline.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())

/** What was told since the last time this was asked, a row each. */
async function told(): Promise<Changes[]> {
  const rows = await pipeline.rows<{ body: Buffer }>('SELECT body FROM change_feed ORDER BY seq')
  await pipeline.rows('DELETE FROM change_feed')
  return rows.map(({ body }) => readChanges(body))
}

it('writes one row a batch: its events, whom they are about, and which profiles were written', async () => {
  const [ann, bob] = [mintId(), mintId()]
  const events = [
    envelope({ profileId: ann, type: 'visited' }),
    envelope({ profileId: bob, type: 'purchase', sourceId: 'app' }),
    envelope({ profileId: ann, type: 'purchase' }),
  ]
  await pipeline.process(...events)
  const [changes, ...others] = await told()
  expect(others).toEqual([])
  expect(changes?.events).toEqual(
    events.map(({ eventId, type, sourceId, profileId }) => ({ id: eventId, type, sourceId, profileId, valid: true })),
  )
  expect(changes?.profiles.toSorted()).toEqual([ann, bob].sort())
})

it('names the profile that a merge of the same batch leaves, and tells of the merge', async () => {
  await pipeline.process(envelope({ identities: claims({ email: 'ann@example.com' }) }))
  await pipeline.process(envelope({ identities: claims({ user: '1' }) }))
  await told()
  await pipeline.process(envelope({ identities: claims({ email: 'ann@example.com', user: '1' }) }))
  const [changes] = await told()
  const survivor = (await pipeline.profileOf('email', 'ann@example.com'))?.id
  const [merge] = changes?.merged ?? []
  expect(merge?.profileId).toBe(survivor)
  const [alias] = await pipeline.rows<{ alias_id: Buffer }>('SELECT alias_id FROM profile_alias')
  expect(merge?.alias).toBe(alias && toId(alias.alias_id))
  expect(changes?.events[0]?.profileId).toBe(survivor)
  expect(changes?.profiles).toEqual([survivor])
})

it('tells nothing of what was not stored: repeats, and transient events', async () => {
  const twice = { clientKey: { id: 'c-1', time: null } }
  await pipeline.process(envelope(twice))
  await told()
  await pipeline.process(envelope(twice))
  expect(await told()).toEqual([])
  await pipeline.process(envelope({ transient: true }))
  expect((await told()).flatMap(({ events }) => events)).toEqual([])
})
