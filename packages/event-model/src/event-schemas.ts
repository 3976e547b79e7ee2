// Checks the properties of events against the JSON Schemas of their types.
import { Ajv, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { RE2JS } from 're2js'
import type { EventSchema } from './event-type.js'
import type { JsonObject } from './json.js'
import { refusedSchema } from './schema-guard.js'

/** One thing that an event's properties get wrong; `path` as `properties.price`. */
export interface SchemaProblem {
  path: string
  message: string
}

/** What became of a check. `onInvalid` is the strictest of the schemas that were broken. */
export interface SchemaCheck {
  valid: boolean
  onInvalid: 'flag' | 'refuse'
  /** The first problem of each schema that was broken. Not all of them: looking on costs time that strangers would decide about. */
  problems: SchemaProblem[]
}

/** Schemas ready to be checked against. */
export interface CompiledSchemas {
  /** Checks against the schema for every source and the source's own. A type without schema is valid. */
  check(type: string, sourceId: string, properties: JsonObject): SchemaCheck
  /** Schemas that could not be compiled, each with the reason; events are not checked against them. */
  broken: { eventTypeId: string; sourceId: string | null; reason: string }[]
}

interface Compiled {
  text: string
  onInvalid: EventSchema['onInvalid']
  validate: ValidateFunction
}

const VALID: SchemaCheck = { valid: true, onInvalid: 'flag', problems: [] }

/**
 * Compiles `schemas` (JSON Schema draft 7, or 2020-12 where `$schema` says so). What did not change since `previous` is taken
 * over. A broken or refused schema never throws: it is listed in `broken`.
 */
export function compileSchemas(schemas: readonly EventSchema[], previous?: CompiledSchemas): CompiledSchemas {
  const before = previous instanceof Schemas ? previous.compiled : new Map<string, Compiled>()
  const compiled = new Map<string, Compiled>()
  const broken: CompiledSchemas['broken'] = []
  for (const { eventTypeId, sourceId, schema, onInvalid } of schemas) {
    const key = keyOf(eventTypeId, sourceId)
    const text = JSON.stringify(schema)
    const same = before.get(key)
    if (same?.text === text) {
      compiled.set(key, { ...same, onInvalid })
      continue
    }
    const result = compile(schema)
    if (typeof result === 'string') broken.push({ eventTypeId, sourceId, reason: result })
    else compiled.set(key, { text, onInvalid, validate: result })
  }
  return new Schemas(compiled, broken)
}

class Schemas implements CompiledSchemas {
  constructor(
    readonly compiled: ReadonlyMap<string, Compiled>,
    readonly broken: CompiledSchemas['broken'],
  ) {}

  check(type: string, sourceId: string, properties: JsonObject): SchemaCheck {
    if (this.compiled.size === 0) return VALID
    let result = VALID
    for (const schema of [this.compiled.get(keyOf(type, null)), this.compiled.get(keyOf(type, sourceId))]) {
      if (!schema || schema.validate(properties)) continue
      const refuses = schema.onInvalid === 'refuse' || result.onInvalid === 'refuse'
      const problems = [...result.problems, ...(schema.validate.errors ?? []).map(describe)]
      result = { valid: false, onInvalid: refuses ? 'refuse' : 'flag', problems }
    }
    return result
  }
}

/** Source ids hold no newline. */
function keyOf(type: string, sourceId: string | null): string {
  return `${sourceId ?? ''}\n${type}`
}

function compile(schema: JsonObject): ValidateFunction | string {
  const refused = refusedSchema(schema)
  if (refused) return refused
  const { $schema: dialect, $id: _id, ...rest } = schema
  const options = {
    strict: false,
    allErrors: false,
    logger: false as const,
    // One schema, one Ajv: two schemas may use the same $id.
    addUsedSchema: false,
    code: { regExp: linearRegExp },
  }
  const ajv = typeof dialect === 'string' && dialect.includes('2020-12') ? new Ajv2020(options) : new Ajv(options)
  // The fast formats: the full ones hold regular expressions that take quadratic time.
  ajvFormats.default(ajv, { mode: 'fast' })
  try {
    return ajv.compile(rest as AnySchema)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Regular expressions that match in linear time (RE2): no backtracking, so no pattern can be made slow by what it meets. */
function linearRegExp(pattern: string): { test(text: string): boolean } {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
  return { test: (text) => compiled.matcher(text).find() }
}
// What Ajv would write into stand-alone code, which we do not make.
linearRegExp.code = 'linearRegExp'

function describe(error: ErrorObject): SchemaProblem {
  const within = error.instancePath.split('/').slice(1)
  const missing = error.params['missingProperty'] ?? error.params['additionalProperty']
  const path = ['properties', ...within.map(unescape), ...(typeof missing === 'string' ? [missing] : [])].join('.')
  return { path, message: sentence(error) }
}

function sentence({ keyword, params, message = 'is not as its schema says' }: ErrorObject): string {
  if (keyword === 'required') return 'is missing'
  if (keyword === 'additionalProperties') return 'is not allowed'
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params['allowedValues'])}`
  return message
}

function unescape(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
