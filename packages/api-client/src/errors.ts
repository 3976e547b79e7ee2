// What goes wrong, as one class: refused operations, partial answers, a gateway that is away.

/** One of the `errors` of a GraphQL answer. */
export interface AnswerError {
  message: string
  path?: readonly (string | number)[]
  extensions?: { code?: string } & Readonly<Record<string, unknown>>
}

/** What a mutation's `userErrors` have when their code, message and path are asked for. */
export interface UserError {
  code: string
  message: string
  path: readonly string[]
}

/** No answer came, so nobody knows whether it was done. */
export const CONNECTION_LOST = 'CONNECTION_LOST'
/** The gateway, or a proxy before it, takes no requests at the moment. */
export const UNAVAILABLE = 'UNAVAILABLE'
/** Something answered that is no GraphQL API: look at the address. */
export const NO_GRAPHQL_ANSWER = 'NO_GRAPHQL_ANSWER'

/** Why an operation gave no whole answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** Of the first error, as docs/reference/graphql.md lists them; or one of ours: CONNECTION_LOST, UNAVAILABLE, NO_GRAPHQL_ANSWER. */
  readonly code: string
  /** Where in the answer, or for a mistake in an input where in the arguments; undefined: the operation as a whole. */
  readonly path: readonly (string | number)[] | undefined
  /** All errors of the answer. */
  readonly errors: readonly AnswerError[]
  /** What of the answer could be had; undefined: nothing. */
  readonly data: unknown

  constructor(errors: readonly AnswerError[], data?: unknown, cause?: unknown) {
    const [first] = errors
    super(first?.message ?? 'The API answered with an error that says nothing.', cause === undefined ? {} : { cause })
    this.code = first?.extensions?.code ?? 'INTERNAL'
    this.path = first?.path
    this.errors = errors
    this.data = data ?? undefined
  }

  /** Whether one of its errors has one of these codes. */
  has(...codes: string[]): boolean {
    return this.errors.some(({ extensions }) => codes.includes(extensions?.code ?? ''))
  }
}

/** An error of the way there, with one of our codes. */
export function wayError(code: string, message: string, cause?: unknown): ApiError {
  return new ApiError([{ message, extensions: { code } }], undefined, cause)
}

/**
 * The payload of a mutation that was done. Throws an ApiError when it was refused: code, message and path are those of the first of its `userErrors`, which
 * the document must ask for. A payload that is null is an error of the answer, which `request` has thrown by then.
 */
export function accepted<Payload extends { userErrors: readonly UserError[] }>(payload: Payload | null): Payload {
  if (!payload) throw new ApiError([])
  if (payload.userErrors.length === 0) return payload
  throw new ApiError(
    payload.userErrors.map((error) => ({ ...error, extensions: { ...error } })),
    payload,
  )
}
