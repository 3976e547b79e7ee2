// What is noted of every client, asking or watching: what it was told wrong, what it was refused, and when it was served.
import { ApiError } from '@segue/api-client'

/** What a client may be told while something is away; anything else is a mistake of ours. */
const AWAY = ['SUBGRAPH_AWAY', 'SUBGRAPH_TIMEOUT', 'CONNECTION_LOST', 'UNAVAILABLE', 'INTERNAL']
/** What a token of another environment is told. */
const FOREIGN = ['WRONG_ENVIRONMENT', 'UNAUTHENTICATED']

export interface Served {
  /** The thing was asked for, or told of, not before. */
  from: number
  at: number
}

export class ClientRecord {
  /** All that must not be, in words. */
  readonly wrong: string[] = []
  /** Codes of what could not be had, with when that was. */
  readonly failures: { at: number; code: string; message: string }[] = []
  /** Only whole answers and messages. */
  readonly served: Served[] = []
  refusals = 0

  constructor(
    readonly name: string,
    /** Its token is another environment's: it must not be told anything. */
    readonly isForeign: boolean,
  ) {}

  /** When it was first served with what is not older than `since`. */
  servedSince(since: number): number | undefined {
    return this.served.find(({ from }) => from >= since)?.at
  }

  note(what: string): void {
    if (this.wrong.length < 10) this.wrong.push(`${this.name}: ${what}`)
  }

  /** Notes why something was not had; true when it may be had later. */
  failed(error: unknown): boolean {
    if (!(error instanceof ApiError)) {
      this.note(`failed with ${String(error)}`)
      return false
    }
    const { code, message } = error
    if (this.isForeign && FOREIGN.includes(code)) this.refusals += 1
    else if (error.errors.every(({ extensions }) => AWAY.includes(extensions?.code ?? ''))) {
      this.failures.push({ at: Date.now(), code, message })
    } else {
      this.note(`was refused with ${JSON.stringify(error.errors)}`)
      return false
    }
    return true
  }
}

/**
 * Where `found` is not what `expected` says, in words. Lists are compared whatever their order. In an answer that has errors, null may stand for what is away, never
 * anything else.
 */
export function differences(found: unknown, expected: unknown, isPartial: boolean, path = 'data'): string[] {
  if (isPartial && (found === null || found === undefined)) return []
  if (Array.isArray(expected) && Array.isArray(found)) {
    if (found.length !== expected.length) return [`${path} has ${found.length} entries instead of ${expected.length}`]
    const [left, right] = [inOrder(found), inOrder(expected)]
    return right.flatMap((entry, i) => differences(left[i], entry, isPartial, `${path}.${i}`))
  }
  if (isObject(expected) && isObject(found)) {
    return [...new Set([...Object.keys(expected), ...Object.keys(found)])].flatMap((key) =>
      differences(found[key], expected[key], isPartial, `${path}.${key}`),
    )
  }
  return Object.is(found, expected)
    ? []
    : [`${path} is ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** By the ids of their entries. */
function inOrder(list: readonly unknown[]): unknown[] {
  const idOf = (entry: unknown): string => {
    const node = isObject(entry) && isObject(entry['node']) ? entry['node'] : entry
    return isObject(node) ? String(node['id']) : String(node)
  }
  return [...list].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
}
