// Conditions: CEL over profile, event and session, with null rules that never throw. See docs/reference/conditions.md.
export { compileCondition, type Condition } from './condition.js'
export { checkCondition, CONTEXT_NAMES, type ConditionSchema } from './check.js'
export { parseDuration } from './time.js'
export { InvalidCondition, PROBLEM_CODES, type Problem, type ProblemCode } from './errors.js'
export type { ExplainedPart, Operand } from './explain.js'
export type { Context } from './frame.js'
export { FUNCTIONS, MACROS, type ConditionFunction } from './functions.js'
export type { JsonValue } from './values.js'
export {
  checkSegment,
  compileSegment,
  type SegmentCondition,
  type SegmentData,
  type SegmentEvent,
} from './segment/segment-condition.js'
export type { SegmentSchema } from './segment/check-segment.js'
export type { EventTypeInfo } from './segment/chain.js'
export type { SegmentCost, SegmentNeeds } from './segment/parts.js'
export type { Within } from './sql/statement.js'
