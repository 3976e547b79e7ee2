// Operations that almost make sense: drawn from the composed schema, with wrong turns of every kind on the way.
import fc from 'fast-check'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'

export interface RandomOperation {
  query: string
  variables: unknown
  operationName: unknown
}

/** A value that is written into a document, or sent as JSON beside it. */
interface Value {
  literal: string
  json: unknown
}

const TEXTS = [
  '',
  ' ',
  'x',
  'Buyers',
  'shop',
  'ann@example.com',
  'admin@example.com',
  'correct horse battery',
  "'; DROP TABLE account; --",
  '\\',
  '%',
  '_',
  '"',
  '\n',
  '\u0000',
  '\u202e',
  '\u{1f600}',
  'é'.repeat(300),
  'x'.repeat(5000),
  '__proto__',
  'constructor',
  'toString',
  'data.pii.firstname',
  'traits.x',
  'properties.a.b',
  'a.b[0].c',
  'event.properties.x == 1',
  'profile.data.email != null && ((((1',
  'own.read',
  'email',
  'https://shop.example',
  'eyJhbGciOiJub25lIn0.e30.',
  'segue_production_x_y',
  Buffer.from('["x"]').toString('base64url'),
  Buffer.from('[1,null]').toString('base64url'),
]
const NUMBERS = [0, 1, 2, -1, 5, 25, 200, 201, 1000, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 1.5, 1e308]
const TIMES = [
  '2026-03-01T00:00:00.000Z',
  '2026-03-01T00:00:00+14:00',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.000Z',
  '2026-02-30T00:00:00Z',
  '2026-13-01',
  'now',
]
const KEYS = [
  'nodes',
  'edges',
  'id',
  'type',
  'config',
  'from',
  'to',
  'port',
  'x',
  'position',
  '',
  'a.b',
  '\u0000',
  'constructor',
  '$ref',
  'properties',
  'required',
  'pattern',
]
const NODE_TYPES = ['start', 'condition', 'split', 'set-field', 'wait', 'unknown', 'object', 'string']
/** Pieces that a text is broken with. */
const SHARDS = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '...',
  '$',
  '@',
  ':',
  '!',
  '"',
  '"""',
  '#',
  '\u0000',
  '\ufeff',
  ' on ',
  ' fragment ',
  '__schema{types{name}}',
  '__typename',
  '@defer',
  '@skip(if:true)',
  '...A',
  'null',
  '-',
  '1e999',
  '\\u{110000}',
  '{a:'.repeat(40),
  '{me'.repeat(60),
]

/** Operations against `schema`; `ids` are some that there are. */
export function randomOperations(schema: GraphQLSchema, ids: readonly string[]): fc.Arbitrary<RandomOperation> {
  return fc
    .uint8Array({ minLength: 40, maxLength: 200, size: 'max' })
    .map((tape) => new Author(schema, ids, tape).write())
}

/** Writes one operation; every choice is a byte of the tape, and beyond its end the first of what there is. */
class Author {
  #at = 0
  readonly #variables = new Map<string, { type: string; value: unknown }>()
  readonly #fragments: string[] = []
  #aliases = 0
  /** Half of them have nothing wrong but their values, so that they get further than to be checked. */
  readonly #strange: boolean

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly ids: readonly string[],
    private readonly tape: Uint8Array,
  ) {
    this.#strange = this.chance(0.45)
  }

  write(): RandomOperation {
    const kind = this.chance(0.55) ? 'query' : this.chance(0.85) ? 'mutation' : 'subscription'
    const root = this.schema.getRootType(kind as never)
    const roots = kind === 'query' ? 1 + this.below(3) : 1 + this.below(kind === 'mutation' ? 2 : 1)
    const selections = root ? this.fields(root, 0, roots) : '__typename'
    const names = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`)
    const name = this.chance(0.3) ? ' Op' : ''
    const query = `${kind}${name}${names.length > 0 ? `(${names.join(', ')})` : ''} { ${selections} } ${this.#fragments.join(' ')}`
    return {
      query: this.err(0.25) ? this.broken(query) : query,
      variables: this.err(0.06)
        ? this.pick<unknown>([null, [], 'x', 7, { nobody: 1 }])
        : Object.fromEntries([...this.#variables].map(([key, { value }]) => [key, value])),
      operationName: this.err(0.08) ? this.pick<unknown>(['Op', 'Other', '', '__proto__', 7, null]) : undefined,
    }
  }

  private below(count: number): number {
    const byte = this.tape[this.#at] ?? 0
    this.#at += 1
    return byte % count
  }

  /** Rarer things are at the end, so a tape that ends asks for the plain ones. */
  private chance(share: number): boolean {
    return this.below(256) >= 256 * (1 - share)
  }

  /** Whether to go wrong here. */
  private err(share: number): boolean {
    return this.#strange && this.chance(share)
  }

  private pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  private selection(type: GraphQLNamedType, depth: number): string {
    const inside = this.fields(type, depth, 1 + this.below(depth < 2 ? 4 : 3))
    if (this.chance(0.08)) {
      const on = this.chance(0.5) ? `on ${this.err(0.1) ? this.anyType() : type.name} ` : ''
      return `{ ... ${on}${this.directive()}{ ${inside} } }`
    }
    if (this.chance(0.08)) {
      const name = this.err(0.05) ? 'F0' : `F${this.#fragments.length}`
      const on = this.err(0.05) ? this.anyType() : type.name
      this.#fragments.push(`fragment ${name} on ${on} { ${inside} ${this.err(0.05) ? `...${name}` : ''} }`)
      return `{ ...${this.err(0.03) ? 'Nobody' : name} ${this.directive()} }`
    }
    return `{ ${inside} }`
  }

  /** Different ones, unless it errs: the same field with other arguments beside it is a mistake. */
  private fields(type: GraphQLNamedType, depth: number, count: number): string {
    if (!isObjectType(type) && !isInterfaceType(type)) return '__typename'
    const all = Object.values(type.getFields())
    const left = depth < 4 ? all : all.filter((field) => isLeafType(getNamedType(field.type)))
    const written: string[] = []
    while (written.length < count && left.length > 0) {
      const at = this.below(left.length)
      const [field] = this.err(0.03) ? [left[at]] : left.splice(at, 1)
      if (field) written.push(this.field(type, field, depth))
    }
    if (written.length === 0 || this.chance(0.04)) written.push('__typename')
    if (this.err(0.02))
      written.push(this.pick(['nothing', '__schema { types { name } }', '_service { sdl }', '__proto__']))
    return written.join(' ')
  }

  private field(
    type: GraphQLNamedType,
    { name, args, type: output }: GraphQLField<unknown, unknown>,
    depth: number,
  ): string {
    const inner = getNamedType(output)
    const given = args.filter((argument) => (isRequiredArgument(argument) ? !this.err(0.02) : this.chance(0.35)))
    const written = given.map((argument) => `${this.err(0.01) ? 'nothing' : argument.name}: ${this.argument(argument)}`)
    const isLeaf = isLeafType(inner)
    const selection = isLeaf === this.err(0.01) ? this.selection(isLeaf ? type : inner, depth + 1) : ''
    return `${this.alias()}${name}${written.length > 0 ? `(${written.join(', ')})` : ''} ${this.directive()}${selection}`
  }

  private alias(): string {
    if (!this.chance(0.15)) return ''
    const name = this.pick(['a', '__proto__', 'constructor', 'toString', 'length'])
    this.#aliases += 1
    return this.err(0.1) ? `${name}: ` : `${this.#aliases > 1 || name === 'a' ? `a${this.#aliases}` : name}: `
  }

  private directive(): string {
    if (!this.chance(0.05)) return ''
    if (this.err(0.3))
      return this.pick(['@include(if: 1) ', '@deprecated ', '@tag(name: "x") ', '@include(if: $nobody) ', '@defer '])
    return this.pick(['@include(if: true) ', '@skip(if: false) ', '@skip(if: true) '])
  }

  private argument({ type }: GraphQLArgument): string {
    const value = this.value(type, 0)
    if (!this.chance(0.4)) return value.literal
    const name = `v${this.#variables.size}`
    this.#variables.set(name, { type: this.err(0.08) ? 'String' : String(type), value: value.json })
    return `$${name}`
  }

  private value(type: GraphQLInputType, depth: number): Value {
    if (this.err(0.05)) return this.odd()
    if (isNonNullType(type)) return this.given(type.ofType, depth)
    return this.chance(0.04) ? { literal: 'null', json: null } : this.given(type, depth)
  }

  private given(type: GraphQLInputType, depth: number): Value {
    if (isListType(type)) {
      const items = Array.from({ length: this.below(4) }, () => this.value(type.ofType, depth + 1))
      return { literal: `[${items.map(({ literal }) => literal).join(', ')}]`, json: items.map(({ json }) => json) }
    }
    if (isEnumType(type)) {
      const { name } = this.pick(type.getValues())
      return { literal: name, json: name }
    }
    if (isInputObjectType(type)) return this.input(Object.values(type.getFields()), depth)
    return isNonNullType(type) ? this.value(type, depth) : this.scalar(type.name)
  }

  private input(all: GraphQLInputField[], depth: number): Value {
    const fields = all.filter((field) =>
      isRequiredInputField(field) ? !this.err(0.03) : depth < 4 && this.chance(0.35),
    )
    const values = fields.map((field): [string, Value] => [field.name, this.value(field.type, depth + 1)])
    return {
      literal: `{ ${values.map(([name, { literal }]) => `${name}: ${literal}`).join(', ')} }`,
      json: Object.fromEntries(values.map(([name, { json }]) => [name, json])),
    }
  }

  private scalar(name: string): Value {
    switch (name) {
      case 'Int':
      case 'Float':
        return plain(this.err(0.5) ? this.pick(NUMBERS) : 1 + this.below(this.chance(0.1) ? 256 : 20))
      case 'Boolean':
        return plain(this.chance(0.5))
      case 'ID':
        return plain(this.chance(0.1) ? this.pick(TEXTS) : this.pick(this.ids))
      case 'DateTime':
        return plain(this.#strange ? this.pick(TIMES) : this.pick(TIMES.slice(0, 2)))
      case 'JSON':
      case 'JSONObject':
        return this.json(0)
      default:
        return plain(this.pick(TEXTS))
    }
  }

  private json(depth: number): Value {
    if (depth > 3 || (depth > 0 && this.chance(0.4))) {
      return plain(this.pick<string | number | boolean | null>([...NODE_TYPES, ...TEXTS.slice(0, 20), 1, true, null]))
    }
    if (depth > 0 && this.chance(0.4)) {
      const items = Array.from({ length: this.below(3) }, () => this.json(depth + 1))
      return { literal: `[${items.map(({ literal }) => literal).join(', ')}]`, json: items.map(({ json }) => json) }
    }
    const entries = Array.from({ length: this.below(5) }, (): [string, Value] => [
      this.pick(KEYS),
      this.json(depth + 1),
    ])
    const writable = entries.filter(([key]) => /^[_a-z]\w*$/i.test(key))
    return {
      literal: `{ ${writable.map(([key, { literal }]) => `${key}: ${literal}`).join(', ')} }`,
      json: Object.fromEntries(entries.map(([key, { json }]) => [key, json])),
    }
  }

  private odd(): Value {
    return this.pick<Value>([
      { literal: 'null', json: null },
      { literal: 'NOTHING', json: 'NOTHING' },
      { literal: '{}', json: {} },
      { literal: '[]', json: [] },
      { literal: '[[["x"]]]', json: [[['x']]] },
      { literal: '"\\uD800"', json: '\ud800' },
      { literal: '$nobody', json: '$nobody' },
      { literal: '99999999999999999999', json: 1e20 },
      { literal: 'true', json: true },
      { literal: '{ __proto__: 1 }', json: { constructor: 1 } },
    ])
  }

  private anyType(): string {
    const names = Object.keys(this.schema.getTypeMap())
    return this.pick(names.slice(0, 256))
  }

  private broken(query: string): string {
    let text = query
    for (let times = 1 + this.below(3); times > 0; times--) {
      const at = Math.floor((this.below(256) / 256) * text.length)
      const length = this.below(12)
      const shard = this.chance(0.2) ? text.slice(at, at + length * 4) : this.pick(SHARDS)
      text = this.chance(0.4) ? text.slice(0, at) + text.slice(at + length) : text.slice(0, at) + shard + text.slice(at)
    }
    return text
  }
}

function plain(value: string | number | boolean | null): Value {
  return { literal: typeof value === 'string' ? literalOf(value) : JSON.stringify(value), json: value }
}

function literalOf(text: string): string {
  return JSON.stringify(text)
}
