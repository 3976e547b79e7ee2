// How a known event type is written down: short forms that become the full shape of `EventType`.
import type { EventMapping, EventType, FieldOperation, IdentityMapping, ProfileMapping } from '../event-type.js'

/** An event type as its file states it. Everything but id, name and description may be left out. */
export interface Declaration
  extends Pick<EventType, 'id' | 'name' | 'description'>, Partial<Omit<EventType, 'id' | 'name' | 'description'>> {}

/** Completes declarations of one group. */
export function group(name: string, declarations: readonly Declaration[]): EventType[] {
  return declarations.map((declaration) => ({
    group: name,
    tags: [],
    journeyStage: null,
    sample: {},
    eventMappings: [],
    profileMappings: [],
    identities: [],
    slots: {},
    ...declaration,
  }))
}

/** Event mappings out of `{ 'data.where.it.goes': 'properties.where.it.is' }`. */
export function copies(from: Record<string, string>): EventMapping[] {
  return Object.entries(from).map(([to, source]) => ({ to, from: source }))
}

/** A constant that a later mapping to the same path overwrites when the event states a value itself. */
export function byDefault(to: string, value: string | number): EventMapping {
  return { to, value }
}

/** Profile mappings of documents that event and profile keep under the same path. */
export function sameOnProfile(operation: FieldOperation, paths: readonly string[]): ProfileMapping[] {
  return paths.map((path) => ({ to: path, from: path, operation }))
}

/** The e-mail addresses and phone numbers that identity and messaging events carry. */
const CONTACT_FIELDS = [
  'email.main',
  'email.private',
  'email.business',
  'phone.main',
  'phone.mobile',
  'phone.whatsapp',
  'phone.business',
] as const

/** A sample of the contact fields. */
export const CONTACT_SAMPLE = {
  email: { main: 'ada@example.com', private: 'ada@example.org', business: 'ada@example.net' },
  phone: {
    main: '+44 20 7946 0001',
    mobile: '+44 7700 900001',
    whatsapp: '+44 7700 900001',
    business: '+44 20 7946 0002',
  },
}

/** Copies the contact fields found under `root` into the event's documents. */
export function contactFrom(root: string, fields: readonly string[] = CONTACT_FIELDS): EventMapping[] {
  return fields.map((field) => ({ to: `data.contact.${field}`, from: `${root}.${field}` }))
}

/** The contact fields on the profile. */
export function contactOnProfile(
  operation: FieldOperation,
  fields: readonly string[] = CONTACT_FIELDS,
): ProfileMapping[] {
  return sameOnProfile(
    operation,
    fields.map((field) => `data.contact.${field}`),
  )
}

/** The contact fields that identify a person. A business phone does not: colleagues share a switchboard. */
export function contactIdentities(root: string, fields: readonly string[] = CONTACT_FIELDS): IdentityMapping[] {
  return fields
    .filter((field) => field !== 'phone.business')
    .map((field) => ({ kind: field.startsWith('email.') ? 'email' : 'phone', from: `${root}.${field}` }))
}
