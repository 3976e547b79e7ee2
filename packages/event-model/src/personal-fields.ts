// Which fields are personal data before anybody marks one: paths of the known documents, and names that are personal wherever they stand. Data only.
import type { EventType } from './event-type.js'

/**
 * Paths of profile and event documents that are personal, each with all that lies below it. `data.…` is the same on both; the others are on events and
 * envelopes only, or in a profile's traits.
 */
export const PERSONAL_PATHS: readonly string[] = [
  'data.pii',
  'data.contact',
  'data.identifier',
  'data.media',
  'data.job.salary',
  'data.loyalty.card.id',
  'data.loyalty.codes',
  // Where somebody is, as events of type `location` say.
  'data.device.geo',
  'data.devices.last.geo',
  // What people write to each other.
  'data.message.sender',
  'data.message.recipient',
  'data.message.text',
  'context.ip',
  'context.userAgent',
  'context.device.id',
]

/** Names that are personal whatever stands beside them. A name counts however it is written: `firstName`, `first_name`, `First-Name`. */
export const PERSONAL_NAMES: ReadonlySet<string> = new Set(
  `email mail emailaddress mailaddress phone phonenumber telephone tel mobile mobilenumber mobilephone cell cellphone msisdn fax whatsapp telegram viber
   wechat firstname lastname surname forename fullname givenname familyname middlename maidenname nickname displayname username login avatar
   passport iban ssn socialsecuritynumber taxid vatid creditcard cardnumber birthday birthdate birth dob dateofbirth gender salary
   address addressline street streetaddress postcode postalcode zip zipcode latitude longitude geo geolocation
   ip ipaddress useragent userid customerid clientid memberid personid anonymousid deviceid contactid visitorid guestid previousid advertisingid
   password`
    .split(/\s+/)
    .filter((name) => name !== ''),
)

/** Words that make a name personal wherever in it they stand: `billing_email_2`. */
export const PERSONAL_WORDS: ReadonlySet<string> = new Set([
  'email',
  'phone',
  'firstname',
  'lastname',
  'surname',
  'birthday',
  'birthdate',
  'passport',
  'iban',
  'ssn',
])

/** What somebody is called by. A text right below such a name, as in `customer: "Ada"`, is personal. */
export const PERSONS: ReadonlySet<string> = new Set([
  'user',
  'customer',
  'client',
  'member',
  'person',
  'contact',
  'buyer',
  'recipient',
  'sender',
  'guest',
  'owner',
  'patient',
  'employee',
  'visitor',
  'payer',
])

/** Words for a person. A `name`, an `id`, a `key` or a `number` of one is personal: `customer_name`, `customer: { name }`. */
export const PERSON_WORDS: ReadonlySet<string> = new Set([
  ...PERSONS,
  'first',
  'last',
  'full',
  'given',
  'family',
  'middle',
  'maiden',
  'nick',
  'display',
  'billing',
  'shipping',
  'anonymous',
  'traits',
  'identity',
])

/**
 * The paths of an event of this type that are personal, beyond `PERSONAL_PATHS`: what identifies its person, and what is copied to or from a
 * personal field. `personal` tells of a path whether it is one, marked fields included. Numbers in paths, which index lists, are left out.
 */
export function personalEventPaths(
  { eventMappings, profileMappings, identities }: Pick<EventType, 'eventMappings' | 'profileMappings' | 'identities'>,
  personal: (path: string) => boolean,
): ReadonlySet<string> {
  const paths = new Set(identities.map(({ from }) => withoutIndexes(from)))
  const isPersonal = (path: string): boolean => personal(path) || isWithin(paths, path)
  for (const { to, from } of profileMappings) {
    if (from !== undefined && personal(withoutIndexes(to))) paths.add(withoutIndexes(from))
  }
  // Twice: a profile mapping made a document's field personal, so is the property it was copied from, so is where else that one was copied to.
  for (let round = 0; round < 2; round++) {
    for (const { to, from } of eventMappings) {
      if (from === undefined) continue
      const [target, source] = [withoutIndexes(to), withoutIndexes(from)]
      if (isPersonal(target)) paths.add(source)
      else if (isPersonal(source)) paths.add(target)
    }
  }
  return paths
}

/** Whether a path or one that it lies below is among these. */
export function isWithin(paths: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    if (paths.has(path.slice(0, end))) return true
  }
  return false
}

function withoutIndexes(path: string): string {
  return path
    .split('.')
    .filter((part) => !/^\d+$/.test(part))
    .join('.')
}
