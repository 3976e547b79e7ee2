// The comparison that the fault tests stand on: it is silent when all is well, and sees damage of every kind.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { fillInbox } from './feed.js'
import { makeScenario, type Scenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand
let scenario: Scenario
beforeAll(async () => {
  stand = await Stand.start()
  scenario = makeScenario({ seed: 7, events: 1500, traits: true })
  await fillInbox(stand.pool, scenario)
  await stand.startWorkers(1)
  await stand.untilSettled()
}, 240_000)
afterAll(() => stand?.close())

/** Damage, from the least to what hides others: each comes on top of those before. */
const DAMAGE: [name: string, statement: string, note: RegExp][] = [
  [
    'an amount that is a penny off',
    "UPDATE profile SET document = JSON_SET(document, '$.counters.revenue', JSON_EXTRACT(document, '$.counters.revenue') + 0.01) WHERE JSON_EXTRACT(document, '$.counters.revenue') > 0 LIMIT 1",
    /wrong: document of person/,
  ],
  [
    'a list in another order',
    `UPDATE profile SET document = JSON_SET(document, '$.traits.pages', JSON_ARRAY('/page-1', '/none')) ORDER BY id DESC LIMIT 1`,
    /wrong: document of person/,
  ],
  ['a time that moved', "UPDATE profile SET last_seen_at = '2024-01-01' LIMIT 1", /wrong: last_seen_at of person/],
  ['an event with another time', "UPDATE event SET occurred_at = '2024-01-01' LIMIT 1", /wrong: occurred_at of event/],
  [
    'an event of somebody else',
    'UPDATE event SET profile_id = (SELECT MIN(id) FROM profile)',
    /wrong: profile of event/,
  ],
  ['a session with an event too many', 'UPDATE session SET events = events + 1 LIMIT 1', /wrong: events of session/],
  [
    'an identity of somebody else',
    'UPDATE profile_identity SET profile_id = (SELECT MAX(id) FROM profile) WHERE kind = "email"',
    /wrong: owner of email/,
  ],
  [
    'an alias that leads nowhere',
    "UPDATE profile_alias SET profile_id = REPEAT('x', 16) LIMIT 1",
    /which is no profile/,
  ],
  ['a run that is missing', "DELETE FROM workflow_run WHERE state = 'failed' LIMIT 1", /lost: run of/],
  ['an activity that is missing', "DELETE FROM activity WHERE kind = 'run' LIMIT 1", /lost: activity run/],
  ['a claim that is missing', 'DELETE FROM event_key LIMIT 1', /lost: claim of/],
  ['a session that is missing', 'DELETE FROM session LIMIT 1', /lost: session/],
  ['an event that is missing', 'DELETE FROM event LIMIT 1', /lost: event/],
  [
    'an event that is there twice',
    `INSERT INTO event (id, source_id, type, occurred_at, properties, context)
     SELECT REPEAT('x', 16), source_id, type, occurred_at, properties, context FROM event LIMIT 1`,
    /doubled: event .* is stored twice/,
  ],
  [
    'a profile too many',
    `INSERT INTO profile SELECT REPEAT('y', 16), created_at, updated_at, first_seen_at, last_seen_at, version, identified,
       display_name, email, phone, document, stamps FROM profile LIMIT 1`,
    /doubled: profile .* is nobody/,
  ],
  [
    'an event in the dead letters',
    `INSERT INTO dead_letter VALUES (REPEAT('z', 16), 'shop', 'x', NOW(), NOW(), 'X', '', '')`,
    /dead_letter still holds 1/,
  ],
]

test('an undisturbed run is found to be right', async () => {
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
})

test.each(DAMAGE)('%s is found', async (_, statement, note) => {
  const before = await checkAll(stand, scenario)
  await stand.rows(statement)
  const after = await checkAll(stand, scenario)
  const seen = new Set(before.notes)
  expect(after.notes.filter((one) => !seen.has(one))).toContainEqual(expect.stringMatching(note))
})
