// Known event types that say who somebody is.
import {
  CONTACT_SAMPLE,
  contactFrom,
  contactIdentities,
  contactOnProfile,
  copies,
  group,
  sameOnProfile,
} from './declare.js'

const EMAILS = ['email.main', 'email.private', 'email.business']
const APPS = ['twitter', 'whatsapp', 'discord', 'slack', 'telegram', 'wechat', 'viber', 'signal']

/**
 * `pk` is the person's key in the sender's own customer base: the identity of kind `customer`, believed from trusted sources only. The other
 * ids (id, token, login, badge, passport, card numbers) have no agreed name space and are shared or change hands: they describe only.
 */
const CUSTOMER = { kind: 'customer', from: 'properties.pk' }

export const IDENTITY_EVENTS = group('identity', [
  {
    id: 'sign-in',
    name: 'Sign-In',
    description: 'The person signed in.',
    tags: ['event:behavioral'],
    journeyStage: 'consideration',
    sample: { ...CONTACT_SAMPLE, pk: '17850', login: 'ada' },
    eventMappings: [
      ...copies({ 'data.identifier.pk': 'properties.pk', 'data.identifier.token': 'properties.login' }),
      ...contactFrom('properties'),
    ],
    profileMappings: [
      ...sameOnProfile('set', ['data.identifier.pk', 'data.identifier.token']),
      ...contactOnProfile('set'),
    ],
    identities: [CUSTOMER, ...contactIdentities('properties')],
  },
  {
    id: 'sign-up',
    name: 'Sign-Up',
    description: 'The person opened an account.',
    tags: ['event:behavioral'],
    journeyStage: 'consideration',
    sample: { email: CONTACT_SAMPLE.email, login: 'ada', firstname: 'Ada', lastname: 'Lovelace', custom: {} },
    eventMappings: [
      ...contactFrom('properties', EMAILS),
      ...copies({
        'data.pii.firstname': 'properties.firstname',
        'data.pii.lastname': 'properties.lastname',
        'data.identifier.token': 'properties.login',
      }),
    ],
    profileMappings: [
      ...contactOnProfile('set', EMAILS),
      ...sameOnProfile('set', ['data.identifier.token', 'data.pii.firstname', 'data.pii.lastname']),
    ],
    identities: contactIdentities('properties', EMAILS),
  },
  {
    id: 'account-deleted',
    name: 'Account-Deleted',
    description: 'The person closed the account. Removes nothing by itself.',
    tags: ['event:behavioral'],
    journeyStage: 'retention',
    sample: { email: 'ada@example.com', login: 'ada' },
    identities: [{ kind: 'email', from: 'properties.email' }],
  },
  {
    id: 'identification',
    name: 'Identification',
    description: 'States what identifies the person.',
    tags: ['event:operational'],
    journeyStage: 'consideration',
    sample: {
      ...CONTACT_SAMPLE,
      firstname: 'Ada',
      lastname: 'Lovelace',
      id: 'A-17',
      pk: '17850',
      token: '',
      passport: '',
      login: 'ada',
      credit_card: '',
      coupon: 'WELCOME',
      badge: '',
      ...Object.fromEntries(APPS.map((app) => [app, ''])),
    },
    eventMappings: [
      ...contactFrom('properties'),
      ...copies({
        // The source copied first and last name on to the profile but never read them from the event.
        'data.pii.firstname': 'properties.firstname',
        'data.pii.lastname': 'properties.lastname',
        'data.identifier.pk': 'properties.pk',
        'data.identifier.id': 'properties.id',
        'data.identifier.token': 'properties.login',
        'data.identifier.passport': 'properties.passport',
        'data.identifier.credit_card': 'properties.credit_card',
        'data.identifier.badge': 'properties.badge',
      }),
      // The source listed `token` but read the login alone; a stated token wins.
      ...copies({ 'data.identifier.token': 'properties.token' }),
      ...APPS.map((app) => ({ to: `data.contact.app.${app}`, from: `properties.${app}` })),
    ],
    profileMappings: [
      ...sameOnProfile('set', ['data.pii.firstname', 'data.pii.lastname']),
      ...contactOnProfile('set'),
      ...sameOnProfile('set', [
        'data.identifier.pk',
        'data.identifier.id',
        'data.identifier.token',
        'data.identifier.passport',
        'data.identifier.credit_card',
        'data.identifier.badge',
      ]),
      { to: 'data.identifier.coupons', from: 'properties.coupon', operation: 'append' },
      ...sameOnProfile(
        'set',
        APPS.map((app) => `data.contact.app.${app}`),
      ),
    ],
    identities: [CUSTOMER, ...contactIdentities('properties')],
  },
])
