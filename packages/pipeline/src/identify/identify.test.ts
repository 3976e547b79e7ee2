// Whom an event is about: identities, merges, and what must not be merged.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { toBytes, toId } from '@segue/database'
import { claims, createTestPipeline, envelope, mintId, type TestPipeline } from '../testing/test-pipeline.js'
import { JOIN_LIMIT } from './identify.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())

let serial = 0
/** A value nobody has used. */
const fresh = (name: string): string => `${name}-${(serial += 1)}`
const freshEmail = (): string => `${fresh('mail')}@example.org`

async function eventProfile(eventId: string): Promise<string | null> {
  const [row] = await pipeline.rows<{ profile_id: Buffer | null }>('SELECT profile_id FROM event WHERE id = ?', [
    toBytes(eventId),
  ])
  return row?.profile_id ? toId(row.profile_id) : null
}

async function problemsOf(eventId: string): Promise<string[]> {
  const [row] = await pipeline.rows<{ problems: string | null }>('SELECT problems FROM event WHERE id = ?', [
    toBytes(eventId),
  ])
  return row?.problems ? (JSON.parse(row.problems) as { code: string }[]).map((problem) => problem.code) : []
}

describe('Whom an event is about', () => {
  it('is the profile id that the client was given, made a profile at its first event', async () => {
    const profileId = mintId()
    const [first, second] = [envelope({ profileId }), envelope({ profileId })]
    await pipeline.process(first)
    await pipeline.process(second)
    expect([await eventProfile(first.eventId), await eventProfile(second.eventId)]).toEqual([profileId, profileId])
  })

  it('is nobody without id, identity and session', async () => {
    const { newProfileId: _none, ...nobody } = envelope()
    await pipeline.process(nobody)
    expect(await eventProfile(nobody.eventId)).toBeNull()
  })

  it('is nobody when the client says so, whatever its session and properties tell', async () => {
    const [session, email] = [{ id: fresh('session'), save: true }, freshEmail()]
    await pipeline.process(envelope({ profileId: mintId(), session, identities: claims({ email }) }))
    const { newProfileId: _none, ...said } = envelope({
      type: 'sign-up',
      properties: { email: { main: email } },
      session,
    })
    const nobody = { ...said, profileLess: true as const }
    await pipeline.process(nobody)
    expect(await eventProfile(nobody.eventId)).toBeNull()
  })

  it('is the stated profile when what else is stated cannot be theirs and no new profile may begin', async () => {
    const [profileId, first, second] = [mintId(), fresh('user'), fresh('user')]
    await pipeline.process(envelope({ profileId, identities: claims({ user: first }) }))
    const { newProfileId: _none, ...other } = envelope({
      trusted: false,
      profileId,
      identities: claims({ user: second }),
    })
    await pipeline.process(other)
    expect(await eventProfile(other.eventId)).toBe(profileId)
    expect(await problemsOf(other.eventId)).toEqual(['IDENTITY_CONFLICT'])
  })

  it('is the owner of the session when the event says nothing else', async () => {
    const session = { id: fresh('session'), save: true }
    const visit = envelope({ profileId: mintId(), session })
    await pipeline.process(visit)
    const { newProfileId: _none, ...webhook } = envelope({ session })
    await pipeline.process(webhook)
    expect(await eventProfile(webhook.eventId)).toBe(await eventProfile(visit.eventId))
  })

  it('is the same for values that differ in writing only', async () => {
    const mail = freshEmail()
    const [a, b] = [
      envelope({ identities: claims({ email: mail }) }),
      envelope({ identities: claims({ email: ` ${mail.toUpperCase()} ` }) }),
    ]
    await pipeline.process(a, b)
    expect(await eventProfile(a.eventId)).toBe(await eventProfile(b.eventId))
  })

  it('makes an id that was already answered to a known person’s new browser an alias', async () => {
    const device = fresh('device')
    const known = envelope({ profileId: mintId(), identities: claims({ device }) })
    await pipeline.process(known)
    const answered = mintId()
    const again = envelope({ profileId: answered, identities: claims({ device }) })
    const later = envelope({ profileId: answered })
    await pipeline.process(again)
    await pipeline.process(later)
    const owner = await eventProfile(known.eventId)
    expect([await eventProfile(again.eventId), await eventProfile(later.eventId)]).toEqual([owner, owner])
  })

  it('ignores junk and says so', async () => {
    const event = envelope({
      identities: claims({ user: 'undefined', device: '00000000-0000-0000-0000-000000000000' }),
    })
    await pipeline.process(event)
    expect(await problemsOf(event.eventId)).toEqual(['IDENTITY_JUNK', 'IDENTITY_JUNK'])
    expect(await pipeline.profileOf('user', 'undefined')).toBeUndefined()
  })

  it('ignores a value that is too long once it is normalized', async () => {
    const event = envelope({ identities: claims({ email: `${'İ'.repeat(240)}@example.org` }) })
    await pipeline.process(event)
    expect(await problemsOf(event.eventId)).toEqual(['IDENTITY_JUNK'])
  })

  it('believes customer numbers from trusted sources only', async () => {
    const customer = fresh('customer')
    const event = envelope({ trusted: false, identities: claims({ customer }) })
    await pipeline.process(event)
    expect(await problemsOf(event.eventId)).toEqual(['IDENTITY_NOT_TRUSTED'])
    expect(await pipeline.profileOf('customer', customer)).toBeUndefined()
  })

  it('reads e-mail and phone from traits and from properties that the type declares', async () => {
    const [trait, property] = [freshEmail(), freshEmail()]
    await pipeline.process(
      envelope({ type: 'identify', traits: { email: trait }, identities: claims({ user: fresh('user') }) }),
      envelope({ type: 'sign-up', properties: { email: { main: property } } }),
    )
    expect(await pipeline.profileOf('email', trait)).toMatchObject({
      document: { data: { contact: { email: { main: trait } } } },
    })
    expect(await pipeline.profileOf('email', property)).toBeDefined()
  })
})

describe('Merging', () => {
  /** Two people known by e-mail and phone, then one trusted event that states both. */
  async function join(
    a: Parameters<typeof envelope>[0],
    b: Parameters<typeof envelope>[0],
  ): Promise<{ email: string; phone: string }> {
    const [email, phone] = [freshEmail(), `+4811122${String((serial += 1)).padStart(4, '0')}`]
    await pipeline.process(envelope({ ...a, identities: claims({ email }) }))
    await pipeline.process(envelope({ ...b, identities: claims({ phone }) }))
    await pipeline.process(envelope({ identities: claims({ email, phone }) }))
    return { email, phone }
  }

  it('keeps the personal data of both', async () => {
    const { email } = await join({ traits: { firstName: 'Ada', city: 'London' } }, { traits: { lastName: 'Lovelace' } })
    const profile = await pipeline.profileOf('email', email)
    expect(profile?.document).toMatchObject({
      data: { pii: { firstname: 'Ada', lastname: 'Lovelace' } },
      traits: { firstName: 'Ada', lastName: 'Lovelace', city: 'London' },
    })
  })

  it('brings the history along: events, sessions, activity, segments, and the old id answers', async () => {
    const [old, other] = [mintId(), mintId()]
    const session = { id: fresh('session'), save: true }
    const [email, phone] = [freshEmail(), `+4822233${String((serial += 1)).padStart(4, '0')}`]
    await pipeline.process(envelope({ profileId: old, identities: claims({ email }) }))
    const visit = envelope({ profileId: other, identities: claims({ phone }), session })
    await pipeline.process(visit)
    await pipeline.pool.query(
      'INSERT INTO segment_membership (segment_id, profile_id, original_profile_id, entered_at) VALUES (?, ?, ?, NOW())',
      [toBytes(mintId()), toBytes(other), toBytes(other)],
    )
    await pipeline.process(envelope({ identities: claims({ email, phone }) }))
    await pipeline.moveAll()

    const canonical = old < other ? old : other
    const retired = canonical === old ? other : old
    for (const table of ['event', 'session', 'activity', 'segment_membership', 'profile_identity']) {
      expect(await pipeline.rows('SELECT 1 FROM ?? WHERE profile_id = ?', [table, toBytes(retired)])).toEqual([])
    }
    expect(await pipeline.rows('SELECT 1 FROM profile WHERE id = ?', [toBytes(retired)])).toEqual([])
    expect(await pipeline.rows('SELECT 1 FROM activity WHERE profile_id = ?', [toBytes(canonical)])).toHaveLength(3)
    expect(
      await pipeline.rows('SELECT 1 FROM segment_membership WHERE profile_id = ?', [toBytes(canonical)]),
    ).toHaveLength(1)
    const [event] = await pipeline.rows<{ profile_id: Buffer; original_profile_id: Buffer }>(
      'SELECT profile_id, original_profile_id FROM event WHERE id = ?',
      [toBytes(visit.eventId)],
    )
    expect([event?.profile_id, event?.original_profile_id].map((id) => id && toId(id))).toEqual([canonical, other])

    const late = envelope({ profileId: retired })
    await pipeline.process(late)
    expect(await eventProfile(late.eventId)).toBe(canonical)
  })

  it('counts each event once', async () => {
    const interest = { type: 'increase-interest', properties: { interest: 'tea', value: 2 } }
    const { email, phone } = await join(interest, interest)
    expect((await pipeline.profileOf('email', email))?.document['interests']).toEqual({ tea: 4 })
    await pipeline.process(envelope({ identities: claims({ email, phone }) }))
    expect((await pipeline.profileOf('email', email))?.document['interests']).toEqual({ tea: 4 })
  })

  it('leaves a text a text', async () => {
    const { email } = await join(
      { traits: { city: 'Wrocław' }, occurredAt: Date.UTC(2026, 0, 1, 10) },
      { traits: { city: 'Kraków' }, occurredAt: Date.UTC(2026, 0, 1, 9) },
    )
    expect((await pipeline.profileOf('email', email))?.document['traits']?.['city']).toBe('Wrocław')
  })

  it('honours every identity an event states, not only the last', async () => {
    const [email, phone, user] = [freshEmail(), `+4833344${String((serial += 1)).padStart(4, '0')}`, fresh('user')]
    for (const identities of [claims({ email }), claims({ phone }), claims({ user })])
      await pipeline.process(envelope({ identities }))
    await pipeline.process(envelope({ identities: claims({ email, phone, user }) }))
    const profiles = await Promise.all([
      pipeline.profileOf('email', email),
      pipeline.profileOf('phone', phone),
      pipeline.profileOf('user', user),
    ])
    expect(new Set(profiles.map((profile) => profile?.id)).size).toBe(1)
  })

  it('follows chains of merges, also within one batch', async () => {
    const mails = [freshEmail(), freshEmail(), freshEmail(), freshEmail()] as const
    const twoMails = (a: string, b: string): ReturnType<typeof claims> => [
      ...claims({ email: a }),
      ...claims({ email: b }),
    ]
    await pipeline.process(...mails.map((email) => envelope({ identities: claims({ email }) })))
    await pipeline.process(envelope({ identities: twoMails(mails[2], mails[3]) }))
    await pipeline.process(
      envelope({ identities: twoMails(mails[0], mails[1]) }),
      envelope({ identities: twoMails(mails[1], mails[2]) }),
    )
    await pipeline.moveAll()
    const owners = new Set(
      await Promise.all(mails.map(async (email) => (await pipeline.profileOf('email', email))?.id)),
    )
    expect(owners.size).toBe(1)
    const aliases = await pipeline.rows<{ n: number }>('SELECT COUNT(*) AS n FROM profile_alias WHERE profile_id = ?', [
      toBytes([...owners][0] as string),
    ])
    expect(Number(aliases[0]?.n)).toBe(3)
  })

  it('of more rows than one chunk takes goes on in the background, and ends', async () => {
    const [email, phone] = [freshEmail(), `+4844455${String((serial += 1)).padStart(4, '0')}`]
    for (let i = 0; i < 5; i++) {
      await pipeline.process(...Array.from({ length: 500 }, () => envelope({ identities: claims({ email }) })))
      await pipeline.process(...Array.from({ length: 500 }, () => envelope({ identities: claims({ phone }) })))
    }
    await pipeline.process(envelope({ identities: claims({ email, phone }) }))
    await pipeline.moveAll()
    const owner = (await pipeline.profileOf('email', email))?.id as string
    expect(await pipeline.rows('SELECT 1 FROM activity WHERE profile_id = ?', [toBytes(owner)])).toHaveLength(5001)
    expect(await pipeline.rows('SELECT 1 FROM event WHERE profile_id = ?', [toBytes(owner)])).toHaveLength(5001)
    expect(await pipeline.rows('SELECT 1 FROM profile_move')).toEqual([])
  })
})

describe('What is not merged', () => {
  it('two user ids on one device: the device moves to the person who uses it now', async () => {
    const [device, first, second] = [fresh('device'), fresh('user'), fresh('user')]
    const at = Date.UTC(2026, 0, 1)
    const cookie = mintId()
    await pipeline.process(
      envelope({ trusted: false, profileId: cookie, occurredAt: at, identities: claims({ device, user: first }) }),
    )
    await pipeline.process(
      envelope({
        trusted: false,
        profileId: cookie,
        occurredAt: at + 1000,
        identities: claims({ device, user: second }),
      }),
    )
    const anonymous = envelope({
      trusted: false,
      profileId: cookie,
      occurredAt: at + 2000,
      identities: claims({ device }),
    })
    await pipeline.process(anonymous)
    const [a, b] = [await pipeline.profileOf('user', first), await pipeline.profileOf('user', second)]
    expect(a?.id).not.toBe(b?.id)
    expect(await eventProfile(anonymous.eventId)).toBe(b?.id)

    const late = envelope({ trusted: false, occurredAt: at + 500, identities: claims({ device, user: first }) })
    await pipeline.process(late)
    expect((await pipeline.profileOf('device', device))?.id).toBe(b?.id)
    expect(await eventProfile(late.eventId)).toBe(a?.id)
  })

  it('two identified people, by a public source', async () => {
    const [email, user] = [freshEmail(), fresh('user')]
    await pipeline.process(envelope({ identities: claims({ email }) }), envelope({ identities: claims({ user }) }))
    const claim = envelope({ trusted: false, identities: claims({ user, email }) })
    await pipeline.process(claim)
    const [a, b] = [await pipeline.profileOf('email', email), await pipeline.profileOf('user', user)]
    expect(a?.id).not.toBe(b?.id)
    expect(await eventProfile(claim.eventId)).toBe(b?.id)
    expect(await problemsOf(claim.eventId)).toEqual(['IDENTITY_CONFLICT'])
  })

  it('a second user id beside the first, even by a trusted source', async () => {
    const [email, first, second] = [freshEmail(), fresh('user'), fresh('user')]
    await pipeline.process(envelope({ identities: claims({ email, user: first }) }))
    await pipeline.process(envelope({ identities: claims({ email, user: second }) }))
    const [a, b] = [await pipeline.profileOf('user', first), await pipeline.profileOf('user', second)]
    expect(a?.id).not.toBe(b?.id)
    expect((await pipeline.profileOf('email', email))?.id).toBe(a?.id)
  })

  it('an anonymous visitor does join the person who signs in, by a public source', async () => {
    const [device, user, cookie] = [fresh('device'), fresh('user'), mintId()]
    await pipeline.process(envelope({ identities: claims({ user }) }))
    await pipeline.process(envelope({ trusted: false, profileId: cookie, identities: claims({ device }) }))
    await pipeline.process(envelope({ trusted: false, profileId: cookie, identities: claims({ device, user }) }))
    expect((await pipeline.profileOf('device', device))?.id).toBe((await pipeline.profileOf('user', user))?.id)
  })

  it('people who share a kiosk: past the limit its device id identifies nobody', async () => {
    const device = fresh('device')
    const at = Date.UTC(2026, 0, 1)
    for (let i = 0; i <= JOIN_LIMIT; i++) {
      await pipeline.process(
        envelope({ occurredAt: at + i * 1000, identities: claims({ device, user: fresh('user') }) }),
      )
    }
    const next = envelope({ occurredAt: at + 100_000, identities: claims({ device }) })
    await pipeline.process(next)
    expect(await problemsOf(next.eventId)).toEqual(['IDENTITY_SHARED'])
    expect(await eventProfile(next.eventId)).toBe(next.newProfileId)
  })
})

describe('The profile id that a waiting client is answered', () => {
  const answered = async (given: Parameters<typeof envelope>[0]): Promise<string | undefined> => {
    const event = envelope({ ...given, awaitsResult: true })
    await pipeline.process(event)
    const [row] = await pipeline.rows<{ body: Buffer }>('SELECT body FROM inbox_result WHERE id = ?', [
      toBytes(event.eventId),
    ])
    return (JSON.parse(row?.body.toString() ?? '{}') as { profileId?: string }).profileId
  }

  it('is the person’s, where the id that it holds leads', async () => {
    const [user, cookie] = [fresh('user'), mintId()]
    await pipeline.process(envelope({ identities: claims({ user }) }))
    const person = (await pipeline.profileOf('user', user))?.id
    expect(await answered({ trusted: true, identities: claims({ user }) })).toBe(person)
    expect(await answered({ trusted: false, profileId: cookie, identities: claims({ user }) })).toBe(person)
    expect(await answered({ trusted: false, profileId: cookie })).toBe(person)
  })

  it('is nobody’s whom a public client only names', async () => {
    const [victim, other, cookie, session] = [fresh('user'), fresh('user'), mintId(), { id: fresh('s'), save: true }]
    await pipeline.process(envelope({ identities: claims({ user: victim }), session }))
    await pipeline.process(envelope({ trusted: false, profileId: cookie, identities: claims({ user: other }) }))
    const named = { trusted: false, identities: claims({ user: victim }) }
    expect(await answered({ ...named, profileId: cookie })).toBeUndefined()
    expect(await answered(named)).toBeUndefined()
    const { newProfileId: _none, ...webhook } = envelope({ trusted: false, session })
    expect(await answered(webhook)).toBeUndefined()
  })
})
