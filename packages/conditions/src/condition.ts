// A compiled condition: what callers keep and evaluate.
import type { ASTNode } from '@marcbachmann/cel-js'
import { checkTree, type ConditionSchema } from './check.js'
import { InvalidCondition } from './errors.js'
import { compile } from './evaluator.js'
import { compileExplanation, type ExplainedPart } from './explain.js'
import { Frame, type Context, type Run } from './frame.js'
import { parse } from './parse.js'
import { toJson, type JsonValue } from './values.js'

/** A compiled condition. Immutable, holds no state of evaluations, safe to share. */
export class Condition {
  readonly source: string
  readonly #ast: ASTNode
  readonly #run: Run
  #explanation: ((context: Context) => ExplainedPart) | undefined

  /** Use `compileCondition`. */
  constructor(ast: ASTNode) {
    this.source = ast.input
    this.#ast = ast
    this.#run = compile(ast)
  }

  /** Whether the condition holds. Never throws: data that does not fit makes it false, `explain` says why. */
  evaluate(context: Context): boolean {
    try {
      return this.#run(new Frame(context)) === true
    } catch {
      // Loops beyond their limit, or data nested beyond the stack: nothing that a caller could do better.
      return false
    }
  }

  /** The value of the expression as JSON (timestamps as ISO 8601 text); null when there is none. Never throws. */
  evaluateValue(context: Context): JsonValue {
    try {
      return toJson(this.#run(new Frame(context)))
    } catch {
      return null
    }
  }

  /** The condition as a tree of parts with the values they saw. The root's value is `evaluateValue`'s. Never throws. */
  explain(context: Context): ExplainedPart {
    this.#explanation ??= compileExplanation(this.#ast)
    return this.#explanation(context)
  }
}

/**
 * Compiles a condition; some 20 µs, so callers keep the result.
 * @throws InvalidCondition with every problem that `checkCondition` finds.
 */
export function compileCondition(source: string, schema: ConditionSchema = {}): Condition {
  const parsed = parse(source)
  if ('problem' in parsed) throw new InvalidCondition([parsed.problem])
  const problems = checkTree(parsed.ast, schema)
  if (problems.length > 0) throw new InvalidCondition(problems)
  return new Condition(parsed.ast)
}
