import { describe, expect, test } from '@jest/globals'
import { isPersonalName, MASK, Masking, maskAll, maskPatterns } from './personal-mask.js'

describe('a mask', () => {
  test('keeps types, lists and keys, and tells not even a length', () => {
    expect(maskAll({ a: 'x', b: [1, 'yy', null], c: { d: true }, 'ada@example.com': 2 })).toEqual({
      a: MASK,
      b: [0, MASK, null],
      c: { d: false },
      [MASK]: 0,
    })
  })

  test('finds e-mail addresses, international phone numbers and named parameters within a text', () => {
    for (const [text, masked] of [
      ['Write to Ada.L+x@mail.example.com, please', `Write to ${MASK}, please`],
      ['call +44 20 7946-0001 or 0044 20 79460001!', `call ${MASK} or ${MASK}!`],
      [
        'https://a.example/x?id=7&email=ada%40b.example&first_name=Ada#t',
        `https://a.example/x?id=7&email=${MASK}&first_name=${MASK}#t`,
      ],
      [
        'order 5363650012 of 2026-03-01T12:00:00.000Z, 6 x 2.55',
        'order 5363650012 of 2026-03-01T12:00:00.000Z, 6 x 2.55',
      ],
    ] as const) {
      expect(maskPatterns(text)).toBe(masked)
    }
  })

  test('of a long text costs no more than its length', () => {
    const started = Date.now()
    for (const piece of ['a', '@', 'a.', '+1', '&x', '%40a']) maskPatterns(piece.repeat(200_000))
    expect(Date.now() - started).toBeLessThan(3000)
  })
})

describe('a name', () => {
  test.each([
    'email',
    'eMail',
    'billing_email_2',
    'E-Mail-Address',
    'phoneNumber',
    'firstName',
    'last name',
    'customer_name',
    'userId',
    'passport_no',
    'IP',
    'zip',
    'nickname',
  ])('%s is personal', (name) => expect(isPersonalName(name)).toBe(true))

  test.each([
    'name',
    'product_name',
    'id',
    'order_id',
    'price',
    'plan',
    'emails_opened',
    'mobile_app',
    'session_id',
    'shipping',
  ])('%s is not', (name) => expect(isPersonalName(name)).toBe(false))

  test('or an id is personal within a person, a name also beside something personal', () => {
    expect(isPersonalName('name', 'customer')).toBe(true)
    expect(isPersonalName('id', 'users')).toBe(true)
    expect(isPersonalName('name', 'product')).toBe(false)
    expect(isPersonalName('name', 'properties', true)).toBe(true)
  })
})

describe('what belongs together', () => {
  const masked = (value: object, paths: string[] = [], names = true): unknown => {
    const masking = new Masking(new Set(paths))
    masking.note(value as never, 'properties', names)
    return masking.json(value as never, 'properties', names)
  }

  test('is masked by path with all that lies below, through lists', () => {
    expect(masked({ who: [{ x: 'abc', deep: { y: 1 } }], other: 'abcd' }, ['properties.who'])).toEqual({
      who: [{ x: MASK, deep: { y: 0 } }],
      other: 'abcd',
    })
  })

  test('has a text that is personal in one place masked everywhere, also as a word and as a key', () => {
    expect(
      masked({
        firstname: 'Ada',
        userId: 'U-17850',
        note: 'Ada (u-17850) likes Canada',
        seen: { 'U-17850': 'adapter' },
      }),
    ).toEqual({ firstname: MASK, userId: MASK, note: `${MASK} (${MASK}) likes Canada`, seen: { [MASK]: 'adapter' } })
  })

  test('is found in addresses of pages too, which write it in their own way', () => {
    expect(masked({ fullName: 'Ada Lovelace', page: 'https://a.example/?q=Ada%20Lovelace&r=ada+lovelace' })).toEqual({
      fullName: MASK,
      page: `https://a.example/?q=${MASK}&r=${MASK}`,
    })
  })

  test('is personal also where there are several, and right below what a person is called', () => {
    expect(
      masked({ phones: ['0151 234'], userIds: [17], customer: 'Lovelace', recipients: ['Ada B'], customerNumber: 9 }),
    ).toEqual({ phones: [MASK], userIds: [0], customer: MASK, recipients: [MASK], customerNumber: 0 })
    // Counts, and what there is more to say of.
    const plain = { emails: 3, customers: 5, customer: { since: '2020', segment: 'gold' }, order_number: 'O-1' }
    expect(masked(plain)).toEqual(plain)
    expect(maskPatterns('https://a.example/?customer=K-17&product=9')).toBe(
      `https://a.example/?customer=${MASK}&product=9`,
    )
  })

  test('leaves what is short or a truth value alone outside of its own place', () => {
    expect(
      masked({ contact: { email: 'a@b.example' }, language: 'en', isMobile: true, gender: 'f', code: 'f' }),
    ).toEqual({
      contact: { email: MASK },
      language: 'en',
      isMobile: true,
      gender: MASK,
      code: 'f',
    })
  })

  test('and has more personal texts than can be looked for has all of its texts masked', () => {
    const emails = Array.from({ length: 200 }, (_, i) => `person-${i}@leak.example`)
    expect(masked({ email: emails, note: 'anything', price: 5 })).toMatchObject({ note: MASK, price: 5 })
  })

  test('whose names are data is masked by the looks of its values and keys alone', () => {
    expect(masked({ email: 3, 'ada@example.com': 1 }, [], false)).toEqual({ email: 3, [MASK]: 1 })
  })
})
