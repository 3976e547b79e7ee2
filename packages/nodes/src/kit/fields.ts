// What nodes can be told: fields of configurations. Each checks its text, prepares it once, and tells the form in the
// page what it is by its `format`.
import { z, type RefinementCtx } from 'zod'
import { checkCondition, compileCondition, type Condition, type ConditionSchema } from '@segue/conditions'
import {
  isForbiddenName,
  parsePath,
  readPath,
  WRITABLE_ROOTS,
  type FieldPath,
  type JsonValue,
  type ProfileDraft,
  type RunData,
} from '@segue/workflow-engine'
import { parseTemplate, type Template, type TemplateKind } from './template.js'

/** What conditions in nodes can name beside `profile`, `event`, `session` and `now`. */
const NAMES = ['input']

/** A CEL condition; `config.x.evaluate(data)`. `names`: what it can name besides, such as `arrived` where events wake. */
export function condition(names: readonly string[] = []) {
  return z
    .string()
    .meta({ format: 'cel', title: 'Condition' })
    .transform((source, context) => compiled(source, { names: [...NAMES, ...names] }, context, []))
}

/** A Liquid template; `config.x.render(data)`. `kind`: how values in it are escaped. */
export function template(kind: TemplateKind = 'text') {
  return z
    .string()
    .meta({ format: kind === 'html' ? 'liquid-html' : 'liquid', title: 'Text' })
    .transform((source, context) => parsedTemplate(source, context, [], kind))
}

/** A field of the profile that may be written, such as `traits.plan`; `profile.set(config.x, …)`. */
export function profileField() {
  return z
    .string()
    .meta({ format: 'profile-field', title: 'Field of the profile', examples: ['traits.plan'] })
    .transform((text, context): FieldPath => {
      const path = parsePath(text)
      if (typeof path === 'string') return refuse(context, path)
      const [root, ...names] = path.names
      if (WRITABLE_ROOTS.includes(root) && names.length > 0) return path
      const roots = WRITABLE_ROOTS.join(', ')
      return refuse(context, `Write a field below one of ${roots}, such as traits.plan. Other parts are not writable.`)
    })
}

/** A field to read from the profile, the event, the session or the input; `config.x.read(profile, data)`. */
export interface DataField {
  /** Undefined when the field is absent. A timestamp is read as ISO 8601 text. */
  read(profile: ProfileDraft, data: RunData): JsonValue | undefined
}

/** A path such as `event.properties.price`; an element of a list is named by its number. */
export function dataField() {
  return z
    .string()
    .meta({ format: 'data-field', title: 'Field', examples: ['event.properties.price'] })
    .transform((text, context): DataField => {
      const path = parsePath(text)
      if (typeof path === 'string') return refuse(context, path)
      const [root, ...names] = path.names
      if (!['profile', 'event', 'session', 'input'].includes(root) || (names.length === 0 && root !== 'input')) {
        return refuse(context, 'Name a field of profile, event, session or input, such as event.properties.price.')
      }
      const below = parsePath(names.join('.'))
      if (root === 'profile' && typeof below !== 'string') return { read: (profile) => profile.read(below) }
      return { read: (_profile, data) => plain(readPath(data[root], names)) }
    })
}

/** Values are JSON; the pipeline gives timestamps as `Date`s. */
function plain(value: JsonValue | Date | undefined): JsonValue | undefined {
  return value instanceof Date ? value.toISOString() : value
}

/** A value that a node works out for each run; `config.x(data)`. */
export type ValueOf = (data: RunData) => JsonValue

/**
 * A value: plain JSON as it stands, `{"expr": "CEL"}` for a calculated one, or `{"template": "Liquid"}` for a text.
 * The two are recognized as the whole value only, not inside of lists or maps.
 */
export function value() {
  return z
    .union([
      z.strictObject({ expr: z.string().meta({ format: 'cel' }) }).meta({ title: 'Calculated (CEL)' }),
      z.strictObject({ template: z.string().meta({ format: 'liquid' }) }).meta({ title: 'Text (Liquid)' }),
      z.json().meta({ title: 'As it stands' }),
    ])
    .meta({ title: 'Value' })
    .transform((source, context): ValueOf => {
      if (isSource(source, 'expr')) return calculated(source.expr, context)
      if (!isSource(source, 'template')) return () => source
      const parsed = parsedTemplate(source.template, context, ['template'])
      return (data) => parsed.render(data)
    })
}

/** A number as it stands, or `{"expr": "CEL"}`. The calculated one may turn out to be something else. */
export function amount() {
  return z
    .union([z.number(), z.strictObject({ expr: z.string().meta({ format: 'cel' }) })])
    .meta({ title: 'Number' })
    .transform((source, context): ValueOf => {
      return typeof source === 'number' ? () => source : calculated(source.expr, context)
    })
}

/** A name under which something is kept, such as a key of the response. */
export function keyName() {
  return z
    .string()
    .min(1)
    .max(100)
    .refine((name) => !isForbiddenName(name), 'This cannot be used as a name.')
}

function isSource<Key extends 'expr' | 'template'>(source: unknown, key: Key): source is Record<Key, string> {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return false
  const keys = Object.keys(source)
  return keys.length === 1 && keys[0] === key && typeof Object.values(source)[0] === 'string'
}

export function calculated(source: string, context: RefinementCtx): ValueOf {
  const expression = compiled(source, { names: NAMES, expects: 'value' }, context, ['expr'])
  return (data) => expression.evaluateValue(data)
}

function compiled(source: string, schema: ConditionSchema, context: RefinementCtx, path: string[]): Condition {
  const problems = checkCondition(source, schema)
  if (problems.length === 0) return compileCondition(source, schema)
  for (const { line, column, message, hint } of problems) {
    refuse(context, [`Line ${line}, column ${column}: ${message}`, hint].filter(Boolean).join(' '), path)
  }
  return z.NEVER
}

function parsedTemplate(source: string, context: RefinementCtx, path: string[], kind: TemplateKind = 'text'): Template {
  const parsed = parseTemplate(source, kind)
  return typeof parsed === 'string' ? refuse(context, parsed, path) : parsed
}

/** Reports a problem at a path below the field. */
export function refuse(context: RefinementCtx, message: string, path: string[] = []): never {
  context.issues.push({ code: 'custom', message, input: context.value, path })
  return z.NEVER
}
