// Whether a request sees personal data, and the masks of everything that has some: the one place that decides. What leaves the database goes through this.
import {
  personalEventPaths,
  isWithin,
  PERSONAL_PATHS,
  type EventType,
  type JsonObject,
  type JsonValue,
} from '@segue/event-model'
import { PersonalDataHidden } from './errors.js'
import { MASK, Masking, maskAll } from './personal-mask.js'
import { may, type SignedInAccount } from './rights.js'

/** What is personal of a profile. */
export interface PersonalProfile {
  displayName: string | null
  email: string | null
  phone: string | null
  /** {data, traits, interests, consents, counters, aux} */
  document: JsonObject
}

/** What may be personal of an event. */
export interface PersonalEvent {
  properties: JsonObject
  data: JsonObject
  context: JsonObject
  tags: readonly string[]
  /** What is wrong with it, in words that may quote it. */
  problems: readonly { code: string; message: string; path: string | null }[]
}

/** What may be personal of a dead letter. `envelope` null: it is not readable, and nothing is known of what the message quotes. */
export interface PersonalLetter {
  envelope: JsonObject | null
  errorMessage: string
}

/** What an event type copies where; null: nothing is known of the type. */
export type EventTypeMappings = Pick<EventType, 'eventMappings' | 'profileMappings' | 'identities'>

/**
 * Personal data as a request may see it. Loaders take it, so nothing leaves them unmasked; which fields are masked how is in docs/reference/rights.md.
 * Made for an account by `personalDataFor`, also outside of HTTP: for each message of a subscription.
 */
export interface PersonalData {
  /** Whether it is shown as it is. */
  readonly visible: boolean
  /** Throws PERSONAL_DATA unless it is visible: for arguments that would find somebody by it. */
  require(path?: readonly string[]): void
  /** A text that is personal as a whole. */
  text<Text extends string | null>(text: Text): Text
  /** JSON that is personal as a whole, with its keys: null stays null, everything else becomes the mask. */
  whole<Value extends JsonValue>(value: Value): Value | string
  profile<Profile extends PersonalProfile>(profile: Profile): Profile
  event<Event extends PersonalEvent>(event: Event, type: EventTypeMappings | null): Event
  letter<Letter extends PersonalLetter>(letter: Letter, type: EventTypeMappings | null): Letter
  /** The circumstances of an event or a session. */
  context(context: JsonObject): JsonObject
  /** JSON of any shape, by the names and the looks of what is in it. */
  free<Value extends JsonValue>(value: Value): Value
}

/** What an account (undefined: nobody signed in) may see. `markedPaths` are the fields that people marked; only asked for when something is masked. */
export async function personalDataFor(
  account: SignedInAccount | undefined,
  markedPaths: () => Promise<readonly string[]>,
): Promise<PersonalData> {
  return may(account, 'personal.read') ? VISIBLE : new Masked(new Set([...PERSONAL_PATHS, ...(await markedPaths())]))
}

const VISIBLE: PersonalData = {
  visible: true,
  require: () => undefined,
  text: (text) => text,
  whole: (value) => value,
  profile: (profile) => profile,
  event: (event) => event,
  letter: (letter) => letter,
  context: (context) => context,
  free: (value) => value,
}

/** Parts of a profile whose names are data (interests, consents by channel, counters), not names of what somebody is. */
const NAMED_BY_DATA: ReadonlySet<string> = new Set(['interests', 'consents', 'counters'])
/** Parts of an envelope that are an event's own. */
const ENVELOPE_PARTS = ['properties', 'context', 'traits', 'tags']

class Masked implements PersonalData {
  readonly visible = false
  readonly #ofTypes = new Map<EventTypeMappings, ReadonlySet<string>>()

  constructor(private readonly paths: ReadonlySet<string>) {}

  require(path: readonly string[] = []): void {
    throw PersonalDataHidden({}, path)
  }

  text<Text extends string | null>(text: Text): Text {
    return (text === null ? null : MASK) as Text
  }

  whole<Value extends JsonValue>(value: Value): Value | string {
    return value === null ? value : MASK
  }

  profile<Profile extends PersonalProfile>(profile: Profile): Profile {
    const { displayName, email, phone, document } = profile
    const masking = new Masking(this.paths)
    for (const text of [displayName, email, phone]) masking.found(text)
    for (const [name, part] of Object.entries(document)) masking.note(part, name, !NAMED_BY_DATA.has(name))
    return Object.assign(copyOf(profile), {
      displayName: this.text(displayName),
      email: this.text(email),
      phone: this.text(phone),
      document: Object.fromEntries(
        Object.entries(document).map(([name, part]) => [name, masking.json(part, name, !NAMED_BY_DATA.has(name))]),
      ),
    })
  }

  event<Event extends PersonalEvent>(event: Event, type: EventTypeMappings | null): Event {
    const masking = new Masking(this.#pathsOf(type))
    const { properties, data, context, tags, problems } = event
    const parts = { properties, data, context }
    for (const [name, part] of Object.entries(parts)) masking.note(part, name)
    return Object.assign(copyOf(event), {
      properties: masking.json(properties, 'properties'),
      data: masking.json(data, 'data'),
      context: masking.json(context, 'context'),
      tags: tags.map((tag) => masking.text(tag)),
      // A path has keys, and whoever sends an event names them.
      problems: problems.map((problem) =>
        Object.assign(copyOf(problem), {
          message: masking.text(problem.message),
          path: problem.path === null ? null : masking.text(problem.path),
        }),
      ),
    })
  }

  letter<Letter extends PersonalLetter>(letter: Letter, type: EventTypeMappings | null): Letter {
    const { envelope, errorMessage } = letter
    if (envelope === null) return Object.assign(copyOf(letter), { errorMessage: MASK })
    const masking = new Masking(this.#pathsOf(type))
    for (const name of ENVELOPE_PARTS) masking.note(envelope[name], name)
    const identities = Array.isArray(envelope['identities']) ? envelope['identities'] : []
    for (const value of identities.map(valueOf)) masking.found(typeof value === 'string' ? value : undefined)
    const masked = Object.entries(envelope).map(([name, part]): [string, JsonValue] => {
      if (ENVELOPE_PARTS.includes(name)) return [name, masking.json(part, name)]
      return [name, name === 'identities' ? identities.map(maskIdentity) : masking.json(part, name, false)]
    })
    return Object.assign(copyOf(letter), {
      envelope: Object.fromEntries(masked),
      errorMessage: masking.text(errorMessage),
    })
  }

  context(context: JsonObject): JsonObject {
    const masking = new Masking(this.paths)
    masking.note(context, 'context')
    return masking.json(context, 'context')
  }

  free<Value extends JsonValue>(value: Value): Value {
    const masking = new Masking(this.paths)
    masking.note(value, 'value')
    return masking.json(value, 'value')
  }

  #pathsOf(type: EventTypeMappings | null): ReadonlySet<string> {
    if (!type) return this.paths
    const known = this.#ofTypes.get(type)
    if (known) return known
    const paths = new Set([...this.paths, ...personalEventPaths(type, (path) => isWithin(this.paths, path))])
    this.#ofTypes.set(type, paths)
    return paths
  }
}

/** Of the same class, which says its GraphQL type. */
function copyOf<Value extends object>(value: Value): Value {
  return Object.assign(Object.create(Object.getPrototypeOf(value) as object) as Value, value)
}

function valueOf(identity: JsonValue): JsonValue | undefined {
  return typeof identity === 'object' && identity !== null && !Array.isArray(identity) ? identity['value'] : identity
}

/** `{ kind, value }`: the kind may be seen. */
function maskIdentity(identity: JsonValue): JsonValue {
  if (typeof identity !== 'object' || identity === null || Array.isArray(identity)) return maskAll(identity)
  return { ...(maskAll(identity) as JsonObject), ...('kind' in identity ? { kind: identity['kind'] ?? null } : {}) }
}
