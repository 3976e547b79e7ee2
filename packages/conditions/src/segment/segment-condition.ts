// A compiled condition of a segment: one text, answered for one profile in memory and for all of them by SQL, alike.
import type { ASTNode } from '@marcbachmann/cel-js'
import { InvalidCondition, type Problem } from '../errors.js'
import { compile, type Scope } from '../evaluator.js'
import { compileExplanation, type ExplainedPart } from '../explain.js'
import { Frame, type Context, type Run } from '../frame.js'
import { parse } from '../parse.js'
import { affectedByTime } from '../sql/affected.js'
import type { Sql } from '../sql/fragment.js'
import { selectAll, selectWithin, Statement, type StatementContext, type Within } from '../sql/statement.js'
import { fieldPath, literalValue } from '../tree.js'
import { compileChain, toRows, type Behaviour } from './behaviour.js'
import { checkedChain, isChain, isSegments } from './chain.js'
import { checkSegmentTree, segmentNamed, type SegmentSchema } from './check-segment.js'
import { costOf, needsOf, type SegmentCost, type SegmentNeeds } from './parts.js'

/** An event of a profile as segments see it. */
export interface SegmentEvent {
  /** Decides which of two events of the same instant is the later one. */
  id: string
  type: string
  /** A date, milliseconds since 1970 or ISO 8601 text. */
  occurredAt: Date | number | string
  source: string
  properties: unknown
  data: unknown
}

/** A profile with all that a segment's condition may ask of it. */
export interface SegmentData {
  /** As conditions see it: id, createdAt, firstSeenAt, lastSeenAt, data, traits, interests, consents, counters, aux. */
  profile: Readonly<Record<string, unknown>>
  events?: readonly SegmentEvent[]
  /** Sessions by the names of conditions: id, startedAt, lastEventAt, source, events, deviceType and so on. */
  sessions?: readonly Readonly<Record<string, unknown>>[]
  /** Ids of the segments that the profile is in. */
  segments?: readonly string[]
  /** Milliseconds since 1970. */
  now: number
}

/** A context keeps behaviour under a name that no condition can write. */
const BEHAVIOUR = '#behaviour'
const SEGMENTS = '#segments'

/** A compiled condition of a segment. Immutable, holds no state of evaluations, safe to share. */
export class SegmentCondition {
  readonly source: string
  /** What can change its answer. */
  readonly needs: SegmentNeeds
  /** How a database answers its parts. */
  readonly cost: readonly SegmentCost[]
  readonly #ast: ASTNode
  readonly #schema: SegmentSchema
  readonly #run: Run
  #explanation: ((context: Context) => ExplainedPart) | undefined

  /** Use `compileSegment`. */
  constructor(ast: ASTNode, schema: SegmentSchema) {
    this.source = ast.input
    this.#ast = ast
    this.#schema = schema
    this.#run = compile(ast, this.#scope())
    this.needs = needsOf(ast, schema)
    const statement = new Statement(this.#statementContext(0), 'whole')
    statement.whole(ast)
    this.cost = costOf(ast, schema, statement.isDriven)
  }

  /** Whether the condition holds for one profile. Never throws. */
  evaluate(data: SegmentData): boolean {
    try {
      return this.#run(new Frame(this.#context(data))) === true
    } catch {
      // Loops beyond their limit, or data nested beyond the stack: as conditions everywhere, it does not hold then.
      return false
    }
  }

  /** The condition as a tree of parts with the values they saw: fields, counts, sums. Never throws. */
  explain(data: SegmentData): ExplainedPart {
    const isWhole = (node: ASTNode) => fieldPath(node) !== undefined || isChain(node)
    this.#explanation ??= compileExplanation(this.#ast, { scope: this.#scope(), isWhole })
    return this.#explanation(this.#context(data))
  }

  /**
   * A SELECT of one column, `profile_id`, each once: the profiles for which the condition holds at `now` (milliseconds since 1970), all
   * of them or those in `within`. To be used on its own or as a derived table. All of them: a pass over the behaviour of everybody, by index; for a
   * part of them, some thousand at a time, rows are reached by profile.
   */
  toSql({ now, within }: { now: number; within?: Within }): { sql: string; parameters: (string | number | Buffer)[] } {
    const context = this.#statementContext(now)
    const where = (statement: Statement) => statement.whole(this.#ast)
    return asGiven(within ? selectWithin(context, where, within) : selectAll(context, where))
  }

  /**
   * A SELECT of `profile_id`s whose answer time alone may have changed from one moment to another (milliseconds since 1970): more than those, but
   * nobody is missing. Null when nobody's can have.
   */
  affectedByTime({
    from,
    to,
  }: {
    from: number
    to: number
  }): { sql: string; parameters: (string | number | Buffer)[] } | null {
    const affected = affectedByTime(this.#ast, this.#statementContext(to), from, to)
    return affected ? asGiven(affected) : null
  }

  #statementContext(now: number): StatementContext {
    return {
      now,
      eventTypes: this.#schema.eventTypes,
      segmentId: (written) => segmentNamed(written, this.#schema)?.id,
      // What cannot be said was found when the condition was checked.
      refuse: () => undefined,
    }
  }

  #scope(): Scope {
    return {
      slots: new Map(),
      special: (node) => {
        if (isChain(node)) return compileChain(checkedChain(node), (frame) => frame.context[BEHAVIOUR] as Behaviour)
        if (node.op !== 'in' || !isSegments(node.args[1])) return undefined
        const id = segmentNamed(String(literalValue(node.args[0])), this.#schema)?.id
        return (frame) => (frame.context[SEGMENTS] as ReadonlySet<unknown>).has(id)
      },
    }
  }

  #context({ profile, events = [], sessions = [], segments = [], now }: SegmentData): Context {
    const named = segments.map((id) => this.#schema.segments?.find((one) => one.id === id)?.name ?? id)
    const behaviour: Behaviour = {
      rows: {
        events: toRows(
          'events',
          events.map((event) => ({ ...event })),
        ),
        sessions: toRows('sessions', sessions),
      },
    }
    return { profile: { ...profile, segments: named }, now, [BEHAVIOUR]: behaviour, [SEGMENTS]: new Set(segments) }
  }
}

function asGiven({ text, parameters }: Sql): { sql: string; parameters: (string | number | Buffer)[] } {
  return { sql: text, parameters: [...parameters] }
}

/** Everything that is wrong with a segment's condition, in the order of the text. Never throws. */
export function checkSegment(source: string, schema: SegmentSchema = {}): Problem[] {
  const parsed = parse(source)
  return 'problem' in parsed ? [parsed.problem] : checkSegmentTree(parsed.ast, schema)
}

/**
 * Compiles a segment's condition; callers keep the result.
 * @throws InvalidCondition with every problem that `checkSegment` finds.
 */
export function compileSegment(source: string, schema: SegmentSchema = {}): SegmentCondition {
  const parsed = parse(source)
  if ('problem' in parsed) throw new InvalidCondition([parsed.problem])
  const problems = checkSegmentTree(parsed.ast, schema)
  if (problems.length > 0) throw new InvalidCondition(problems)
  return new SegmentCondition(parsed.ast, schema)
}
