// The masks of personal data: what a value becomes for who may not see it. Types and keys stay, so pages work on.
import {
  isWithin,
  PERSONAL_NAMES,
  PERSONAL_WORDS,
  PERSON_WORDS,
  PERSONS,
  type JsonObject,
  type JsonValue,
} from '@segue/event-model'

/** What a personal text becomes, whatever it was: not even its length is told. */
export const MASK = '•••'

/** A text of so many characters is found again within longer ones. Shorter ones stand in much that is not personal, */
const SHORTEST_FOUND = 5
/** but a word of letters, as a first name may be, is found where it stands as a word. `en`, `GB` and `f` are masked at their own place only. */
const SHORT_WORD = /^\p{L}{3,4}$/u

/** What stands together as an e-mail address may. */
const WORD = /[^\s"'<>()[\]{}|,;:=&?/\\]+/g
/** International ones: others cannot be told from numbers of orders. */
const PHONE = /(?:\+|(?<![\d.])00)[1-9](?:[\s\-()./]{0,2}\d){7,14}/g
/** Of what has more personal texts than this, or in a text longer than that, they are not looked for one by one: all of its texts are masked. */
const MOST_FOUND = 100
const LONGEST_SEARCHED = 10_000
/** `name=value` of an address's query. */
const PARAMETER = /([?&;#]([^=&;#?\s]{1,60})=)([^&;#\s]+)/g

/** A personal value: texts become `MASK`, numbers 0, booleans false; null stays, lists and objects keep their shape. */
export function maskAll(value: JsonValue): JsonValue {
  if (value === null) return null
  if (typeof value === 'string') return MASK
  if (typeof value === 'number') return 0
  if (typeof value === 'boolean') return false
  if (Array.isArray(value)) return value.map(maskAll)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [maskPatterns(key), maskAll(inner)]))
}

/** A text with e-mail addresses, international phone numbers and personal parameters of addresses masked in it. */
export function maskPatterns(text: string): string {
  let masked = text
  // Most texts have nothing of the kind, and looking for single characters costs next to nothing.
  if (masked.includes('=')) {
    masked = masked.replace(PARAMETER, (whole, start: string, name: string) =>
      isPersonalParameter(decoded(name)) ? start + MASK : whole,
    )
  }
  if (masked.includes('@') || masked.includes('%40')) {
    masked = masked.replace(WORD, (word) => (isEmail(word) ? MASK : word))
  }
  return masked.includes('+') || masked.includes('00') ? masked.replace(PHONE, MASK) : masked
}

/** `%40` is the @ of an address within an address. Looks at each character once: whoever sends events chooses what they are. */
function isEmail(word: string): boolean {
  const at = word.search(/@|%40/)
  return at > 0 && word.replace(/\.+$/, '').lastIndexOf('.') > at + 1
}

/** What is personal when it is a person's: `customer_id`, `customer: { id }`. */
const NAMES_OF_A_PERSON: ReadonlySet<string> = new Set(['name', 'id', 'key', 'number'])

/**
 * Whether a field is personal by its name. `parent` is the name of what it stands in; `beside` tells that something personal stands beside it, which makes
 * a plain `name` somebody's.
 */
export function isPersonalName(name: string, parent?: string, beside = false): boolean {
  const words = wordsOf(name)
  if (PERSONAL_NAMES.has(words.join('')) || words.some((word) => PERSONAL_WORDS.has(word))) return true
  const last = words.at(-1)
  if (last === undefined || !NAMES_OF_A_PERSON.has(last)) return false
  if (words.length > 1) return words.slice(0, -1).some(isPerson)
  if (last === 'name' && beside) return true
  return parent !== undefined && wordsOf(parent).some(isPerson)
}

/**
 * Masks what belongs together (the parts of one profile, of one event): a text that is personal in one place is masked wherever else it stands, also within
 * longer texts. First `note` every part, then take each from `json` and `text`.
 */
export class Masking {
  readonly #personal: ReadonlySet<string>
  readonly #found = new Set<string>()
  #pattern: RegExp | undefined

  /** `paths` are personal with all that lies below them, as `data.contact`. */
  constructor(paths: ReadonlySet<string>) {
    this.#personal = paths
  }

  /** Remembers the personal texts of a part whose path is `path`; with `names` false, its fields' names tell nothing (they are data themselves). */
  note(value: JsonValue | undefined, path: string, names = true): void {
    if (value !== undefined) this.#note(value, path, names, false)
  }

  /** Remembers a text that is personal. */
  found(text: string | null | undefined): void {
    const trimmed = text?.trim().toLowerCase() ?? ''
    if (trimmed.length < SHORTEST_FOUND && !SHORT_WORD.test(trimmed)) return
    if (this.#found.size > MOST_FOUND) return
    this.#found.add(trimmed)
    this.#pattern = undefined
  }

  /** The part, masked. */
  json<Value extends JsonValue>(value: Value, path: string, names = true): Value {
    return this.#mask(value, path, names, false) as Value
  }

  /** A text that is not personal itself, with what is personal masked in it. */
  text(text: string): string {
    if (this.#found.size === 0) return maskPatterns(text)
    if (this.#found.size > MOST_FOUND || text.length > LONGEST_SEARCHED) return MASK
    const plain = maskPatterns(text)
    // Longest first: of two that begin alike, the shorter one must not leave the rest of the longer one.
    this.#pattern ??= new RegExp(
      [...this.#found]
        .sort((a, b) => b.length - a.length)
        .map((found) => {
          const literal = [...new Set([found, ...inAddresses(found)])].map(escaped).join('|')
          return found.length < SHORTEST_FOUND ? `(?<![\\p{L}\\p{N}])(?:${literal})(?![\\p{L}\\p{N}])` : literal
        })
        .join('|'),
      'giu',
    )
    return plain.replace(this.#pattern, MASK)
  }

  #note(value: JsonValue, path: string, names: boolean, personal: boolean): void {
    if (personal || isWithin(this.#personal, path)) eachText(value, (text) => this.found(text))
    else if (Array.isArray(value)) for (const item of value) this.#note(item, path, names, false)
    else if (typeof value === 'object' && value !== null) {
      for (const field of fieldsOf(value, path, names)) {
        this.#note(field.value, `${path}.${field.key}`, names, field.personal)
      }
    }
  }

  #mask(value: JsonValue, path: string, names: boolean, personal: boolean): JsonValue {
    if (personal || isWithin(this.#personal, path)) return maskAll(value)
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((item) => this.#mask(item, path, names, false))
    return Object.fromEntries(
      fieldsOf(value, path, names).map((field) => [
        // Masked alike, keys would take each other's place: then only what looks personal is.
        this.#found.size > MOST_FOUND ? maskPatterns(field.key) : this.text(field.key),
        this.#mask(field.value, `${path}.${field.key}`, names, field.personal),
      ]),
    )
  }
}

/** The fields of an object, each with whether it is personal by its name; with `names` false, none is. */
function fieldsOf(
  value: JsonObject,
  path: string,
  names: boolean,
): readonly { key: string; value: JsonValue; personal: boolean }[] {
  const fields = Object.entries(value)
  if (!names) return fields.map(([key, inner]) => ({ key, value: inner, personal: false }))
  const parent = path.slice(path.lastIndexOf('.') + 1)
  const beside = fields.some(([key]) => key !== 'name' && isPersonalName(key))
  return fields.map(([key, inner]) => ({ key, value: inner, personal: isPersonalField(key, inner, parent, beside) }))
}

/** By its name and by what it holds. A boolean says no more than what its name says. */
function isPersonalField(key: string, value: JsonValue, parent: string, beside: boolean): boolean {
  if (typeof value === 'boolean') return false
  if (isPersonalName(key, parent, beside)) return true
  // Of several: `phones`, `userIds`. A number would count them.
  if (typeof value !== 'number' && /s$/i.test(key) && isPersonalName(key.slice(0, -1), parent)) return true
  const texts = Array.isArray(value) ? value : [value]
  return texts.every((text) => typeof text === 'string') && isPersonCalled(key)
}

/** Whether a text of this name is what somebody is called: `customer`, `recipients`. */
function isPersonCalled(name: string): boolean {
  const [word = '', ...others] = wordsOf(name)
  return others.length === 0 && (PERSONS.has(word) || (word.endsWith('s') && PERSONS.has(word.slice(0, -1))))
}

function isPersonalParameter(name: string): boolean {
  return isPersonalName(name) || isPersonCalled(name)
}

function eachText(value: JsonValue, onText: (text: string) => void): void {
  if (typeof value === 'string') onText(value)
  else if (typeof value === 'number') onText(String(value))
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value as JsonObject)) eachText(inner, onText)
  }
}

/** A text as addresses of pages have it: `ada%20lovelace`, `ada+lovelace`. */
function inAddresses(text: string): string[] {
  // Half a surrogate pair has no such form.
  const encoded = /\p{Cs}/u.test(text) ? text : encodeURIComponent(text)
  return [encoded, encoded.replaceAll('%20', '+')]
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Also of several: `users`. */
function isPerson(word: string): boolean {
  return PERSON_WORDS.has(word) || (word.endsWith('s') && PERSON_WORDS.has(word.slice(0, -1)))
}

function wordsOf(name: string): string[] {
  return name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
