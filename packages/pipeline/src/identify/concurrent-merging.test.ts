// Whatever the order, the batches and the meetings of workers: the same people come out, nothing is lost or counted twice.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toId } from '@segue/database'
import fc from 'fast-check'
import type { Envelope } from '@segue/event-model'
import { createTestPipeline, envelope, type TestPipeline } from '../testing/test-pipeline.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())

/** One event of the plan: who it names, which worker gets it. */
const planned = fc.record({
  names: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
  worker: fc.integer({ min: 0, max: 2 }),
  repeated: fc.boolean(),
})

let world = 0

test('three workers that process events of overlapping identities at once end with the people that the events describe', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(planned, { minLength: 5, maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      async (plan, batchSize) => {
        world += 1
        const mail = (name: number): string => `w${world}-${name}@example.org`
        const events = plan.flatMap(({ names, worker, repeated }, i) => {
          const event = envelope({
            type: 'increase-interest',
            properties: { interest: `w${world}`, value: 1 },
            identities: names.map((name) => ({ kind: 'email', value: mail(name) })),
            clientKey: { id: `w${world}-${i}`, time: 1000 },
          })
          // A client that heard nothing sends again, and another worker gets it.
          const again = { ...event, eventId: envelope().eventId }
          return repeated
            ? [
                { event, worker },
                { event: again, worker: (worker + 1) % 3 },
              ]
            : [{ event, worker }]
        })
        await Promise.all(
          [0, 1, 2].map((worker) =>
            work(
              events.filter((one) => one.worker === worker).map((one) => one.event),
              batchSize,
            ),
          ),
        )
        await pipeline.moveAll()
        await compare(plan.map((event) => event.names.map(mail)))
      },
    ),
    { numRuns: 25 },
  )
}, 120_000)

async function work(events: Envelope[], batchSize: number): Promise<void> {
  for (let i = 0; i < events.length; i += batchSize) await pipeline.process(...events.slice(i, i + batchSize))
}

/** People as the events describe them: names that share an event are one person. */
function people(events: string[][]): { names: Set<string>; events: number }[] {
  const found: { names: Set<string>; events: number }[] = []
  for (const names of events) {
    const joined = { names: new Set(names), events: 1 }
    for (const person of found.filter((one) => names.some((name) => one.names.has(name)))) {
      for (const name of person.names) joined.names.add(name)
      joined.events += person.events
      found.splice(found.indexOf(person), 1)
    }
    found.push(joined)
  }
  return found
}

async function compare(events: string[][]): Promise<void> {
  const owners = new Set<string>()
  for (const person of people(events)) {
    const identities = await pipeline.rows<{ profile_id: Buffer }>(
      'SELECT profile_id FROM profile_identity WHERE value IN (?)',
      [[...person.names]],
    )
    expect(identities).toHaveLength(person.names.size)
    const ids = new Set(identities.map((row) => toId(row.profile_id)))
    expect(ids.size).toBe(1)
    const owner = identities[0]?.profile_id as Buffer
    expect(owners.has(toId(owner))).toBe(false)
    owners.add(toId(owner))

    const [profile] = await pipeline.rows<{ document: string }>('SELECT document FROM profile WHERE id = ?', [owner])
    expect(JSON.parse(profile?.document ?? '{}')).toEqual({
      interests: { [`w${world}`]: person.events },
      data: { contact: { email: { main: expect.any(String) } } },
    })
    expect(await pipeline.rows('SELECT id FROM event WHERE profile_id = ?', [owner])).toHaveLength(person.events)
    expect(await pipeline.rows('SELECT ref FROM activity WHERE profile_id = ?', [owner])).toHaveLength(person.events)
    const aliases = await pipeline.rows<{ alias_id: Buffer }>(
      'SELECT alias_id FROM profile_alias WHERE profile_id = ?',
      [owner],
    )
    // The older id lives on.
    for (const alias of aliases) expect(Buffer.compare(owner, alias.alias_id)).toBeLessThan(0)
  }
  expect(
    await pipeline.rows(
      'SELECT a.alias_id FROM profile_alias a LEFT JOIN profile p ON p.id = a.profile_id WHERE p.id IS NULL',
    ),
  ).toEqual([])
}
