// The settings of a workflow: who may enter again, when people leave, what becomes of those who wait.
import { checkCondition, compileCondition, type Condition, type ConditionSchema } from '@segue/conditions'
import { z } from 'zod'
import { isForbiddenName } from './paths.js'
import type { WorkflowProblem } from './problems.js'

/** More ways out cannot be told apart in the page, and each is evaluated for every event of everybody who waits. */
const MAX_EXITS = 20
/** A run keeps its state for as long as it waits, so each profile may only have so many. */
const MAX_IN_FLIGHT = 10_000
const DEFAULT_IN_FLIGHT = 100
/** Beyond ten years somebody meant "once". */
const MAX_PERIOD_SECONDS = 10 * 366 * 24 * 3600

const reentry = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('always') }),
  z.strictObject({ rule: z.literal('once') }),
  z.strictObject({ rule: z.literal('once-per-period'), seconds: z.number().int().min(1).max(MAX_PERIOD_SECONDS) }),
  /** `key`: CEL; its value as text. */
  z.strictObject({ rule: z.literal('once-per-key'), key: z.string() }),
])

export const settingsSchema = z.strictObject({
  /** Whether a profile that has been in the workflow begins another run. */
  reentry: reentry.default({ rule: 'always' }),
  /** A waiting run ends when the condition of one of these holds: at events of its profile, and when it is woken. */
  exits: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(100),
        /** CEL over `profile`, `event` (that began the run), `arrived` (that came now), `session`, `input`, `now`. */
        condition: z.string(),
        /** Counted as a conversion. */
        goal: z.boolean().default(false),
      }),
    )
    .max(MAX_EXITS)
    .default([]),
  /** Whether runs stay in the version they entered, or go on in the live one when they are woken. */
  versions: z.enum(['stay', 'follow']).default('stay'),
  /** Node of an earlier version → node of this one that takes its place. */
  nodeMap: z.record(z.string().refine(isNotForbidden, 'This cannot be the name of a node.'), z.string()).default({}),
  /** What becomes of the waiting runs of two profiles that merge; `one`: the one that began first stays. */
  merge: z.enum(['both', 'one']).default('both'),
  /** Waiting runs of one profile. */
  maxInFlight: z.number().int().min(1).max(MAX_IN_FLIGHT).default(DEFAULT_IN_FLIGHT),
  /** IANA name; for profiles whose time zone is not known. */
  timeZone: z.string().refine(isTimeZone, 'This is no time zone. Write one such as Europe/Oslo.').default('UTC'),
  /** Keeps what each node got and handed on also for runs that have completed. */
  keepData: z.boolean().default(false),
})

/** Settings as they are stored, with all defaults. */
export type WorkflowSettings = z.output<typeof settingsSchema>

/** A way out of a workflow. */
export interface CompiledExit {
  readonly name: string
  readonly condition: Condition
  readonly goal: boolean
}

/** Who may enter again. The value of `key` is compared as text. */
export type CompiledReentry =
  Exclude<WorkflowSettings['reentry'], { rule: 'once-per-key' }> | { rule: 'once-per-key'; key: Condition }

/** Settings with their conditions compiled. */
export interface CompiledSettings extends Readonly<Omit<WorkflowSettings, 'reentry' | 'exits'>> {
  readonly reentry: CompiledReentry
  readonly exits: readonly CompiledExit[]
}

/** What exits can name beside `profile`, `event`, `session` and `now`. */
const EXIT_NAMES = ['arrived', 'input']

/** Compiles the conditions and checks the map of nodes; undefined when there were problems, which are added. */
export function compileSettings(
  settings: WorkflowSettings,
  nodeIds: ReadonlySet<string>,
  problems: WorkflowProblem[],
): CompiledSettings | undefined {
  const before = problems.length
  const { reentry, exits } = settings
  checkNodeMap(settings.nodeMap, nodeIds, problems)
  checkNames(exits, problems)
  const key = reentry.rule === 'once-per-key' ? compiled(reentry.key, KEY, 'settings.reentry.key', problems) : undefined
  const compiledExits = exits.flatMap(({ name, condition: source, goal }, index) => {
    const condition = compiled(source, { names: EXIT_NAMES }, `settings.exits.${index}.condition`, problems)
    return condition ? [{ name, condition, goal }] : []
  })
  if (problems.length > before) return undefined
  if (reentry.rule !== 'once-per-key') return { ...settings, reentry, exits: compiledExits }
  return key && { ...settings, reentry: { rule: reentry.rule, key }, exits: compiledExits }
}

const KEY: ConditionSchema = { expects: 'value' }

function compiled(
  source: string,
  schema: ConditionSchema,
  path: string,
  problems: WorkflowProblem[],
): Condition | undefined {
  const found = checkCondition(source, schema)
  if (found.length === 0) return compileCondition(source, schema)
  for (const { line, column, message, hint } of found) {
    const told = [`${path}: Line ${line}, column ${column}: ${message}`, hint].filter(Boolean).join(' ')
    problems.push({ code: 'BAD_SETTINGS', message: told, path })
  }
  return undefined
}

/** Conversions are counted by name. */
function checkNames(exits: WorkflowSettings['exits'], problems: WorkflowProblem[]): void {
  exits.forEach(({ name }, index) => {
    if (exits.findIndex((exit) => exit.name === name) === index) return
    const message = `Two exits have the name ${name}. Rename one.`
    problems.push({ code: 'BAD_SETTINGS', message, path: `settings.exits.${index}.name` })
  })
}

function checkNodeMap(
  nodeMap: Record<string, string>,
  nodeIds: ReadonlySet<string>,
  problems: WorkflowProblem[],
): void {
  for (const [from, to] of Object.entries(nodeMap)) {
    if (nodeIds.has(to)) continue
    const message = `Runs that wait in ${from} are to go on in ${to}, which is not there. Name a node of this version.`
    problems.push({ code: 'BAD_NODE_MAP', message, path: `settings.nodeMap.${from}` })
  }
}

function isNotForbidden(name: string): boolean {
  return !isForbiddenName(name)
}

/** Whether a text is the name of a time zone that this process knows. Some 20 µs. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
