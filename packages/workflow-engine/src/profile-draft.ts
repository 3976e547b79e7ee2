// A profile while a workflow runs on it: reads see the writes before them, and nothing leaves until the run completes.
import { applyOperation, type FieldOperation, type ProfileWriter } from './field-operations.js'
import type { JsonObject, JsonValue } from './json.js'
import type { Budget } from './limits.js'
import { parsePath, PROFILE_ROOTS, type FieldPath } from './paths.js'

/** What nodes get as `profile`. Writes throw a `NodeError` when the field holds something that does not fit. */
export class ProfileDraft {
  readonly #writer: ProfileWriter
  readonly #budget: Budget
  readonly #operations: FieldOperation[] = []
  /** The whole profile, once somebody needed it; replaced, never changed, by each write. */
  #document: JsonObject | undefined
  #savedDocument: JsonObject | undefined
  #savedOperations = 0

  /** Each written value counts against the budget, which throws when it is used up. */
  constructor(writer: ProfileWriter, budget: Budget) {
    this.#writer = writer
    this.#budget = budget
  }

  /** The profile as one object, as conditions and templates see it. A later write does not change it. */
  get document(): JsonObject {
    return (this.#document ??= wholeProfile(this.#writer))
  }

  /** The writes so far. */
  get operations(): readonly FieldOperation[] {
    return this.#operations
  }

  /** The value of a field, a time as ISO 8601 text; undefined when there is none. */
  read(path: FieldPath): JsonValue | undefined {
    const value = this.#document ? readPath(this.#document, path.names) : this.#writer.read(path.text)
    return value instanceof Date ? value.toISOString() : value
  }

  set(path: FieldPath, value: JsonValue): void {
    this.#write(path, { op: 'set', path: path.text, value })
  }

  setOnce(path: FieldPath, value: JsonValue): void {
    this.#write(path, { op: 'setOnce', path: path.text, value })
  }

  increment(path: FieldPath, value: number): void {
    this.#write(path, { op: 'increment', path: path.text, value })
  }

  append(path: FieldPath, value: JsonValue): void {
    this.#write(path, { op: 'append', path: path.text, value })
  }

  delete(path: FieldPath): void {
    this.#write(path, { op: 'delete', path: path.text })
  }

  #write(path: FieldPath, operation: FieldOperation): void {
    if ('value' in operation) this.#budget.spend(operation.value)
    this.#document = applyOperation(this.document, path, operation)
    this.#operations.push(operation)
  }

  /** Repeats writes of an execution that was not kept. @throws NodeError when the profile no longer holds what fits. */
  replay(operations: readonly FieldOperation[]): void {
    for (const operation of operations) {
      const path = parsePath(operation.path)
      if (typeof path !== 'string') this.#write(path, operation)
    }
  }

  /** Marks a point to come back to, instead of the one before. */
  save(): void {
    this.#savedDocument = this.#document
    this.#savedOperations = this.#operations.length
  }

  /** Forgets the writes since `save`. */
  restore(): void {
    this.#document = this.#savedDocument
    this.#operations.length = this.#savedOperations
  }

  /** Hands the writes to the pipeline. */
  commit(): void {
    for (const operation of this.#operations) this.#writer.apply(operation)
  }
}

/** The whole profile as one object, as conditions and templates see it. */
export function wholeProfile(writer: ProfileWriter): JsonObject {
  const document: Record<string, JsonValue | Date> = {}
  for (const root of PROFILE_ROOTS) {
    const value = writer.read(root)
    if (value !== undefined) document[root] = value
  }
  // Its times are `Date`s, which conditions and templates calculate with; nothing writes them.
  return document as JsonObject
}

/** The value at names inside an object; own fields only, elements of lists by number; undefined when there is none. */
export function readPath(from: unknown, names: readonly string[]): JsonValue | Date | undefined {
  let value = from
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined
    // A list's own `length` is not data.
    if (Array.isArray(value) ? !/^\d+$/.test(name) : !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value as JsonValue | Date | undefined
}
