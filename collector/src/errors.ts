// All answers that are not a success, in one table. The reference page of the collector shows the same table.

/** Code → HTTP status and message; `{…}` in a message is filled in. */
export const ERRORS = {
  BODY_NOT_JSON: { status: 400, message: 'The body is not JSON: {reason}. Send one JSON object, encoded as UTF-8.' },
  BODY_NOT_READABLE: { status: 400, message: 'The body could not be read: {reason}.' },
  URL_NOT_READABLE: {
    status: 400,
    message: 'The address of the request could not be read. Percent-encode it as UTF-8.',
  },
  REQUEST_NOT_READABLE: { status: 400, message: 'This is not an HTTP request that can be read.' },
  SOURCE_REFUSED: {
    status: 401,
    message:
      'This source may not send here. Check its id or write key, that it is enabled, its channel and its allowed origins.',
  },
  NOT_FOUND: {
    status: 404,
    message: 'There is nothing at {method} {path}. See the reference of the collector for its routes.',
  },
  EVENT_INVALID: {
    status: 406,
    message: '{path} {problem}, says the schema of {type}. Nothing of the request was stored.',
  },
  TIMEOUT: { status: 408, message: 'The request did not arrive in time.' },
  BODY_TOO_LARGE: { status: 413, message: 'The body is larger than {limit} bytes. Send fewer events at once.' },
  EVENT_TOO_LARGE: { status: 413, message: '{path} is larger than {limit} bytes. Send less with it.' },
  REQUEST_TOO_LARGE: {
    status: 413,
    message:
      'With what they share, the events come to more than {limit} bytes. Send a smaller context or fewer events.',
  },
  ENCODING_UNKNOWN: {
    status: 415,
    message: 'The content encoding is not supported. Send the body plain or as gzip, deflate or br.',
  },
  SHAPE_INVALID: { status: 422, message: '{path} {problem}.' },
  TOO_DEEP: { status: 422, message: '{path} is nested deeper than {limit} levels. Flatten it.' },
  TOO_MANY_EVENTS: { status: 422, message: 'The request has more than {limit} events. Send them in several requests.' },
  TOO_FAST: { status: 429, message: 'This source sends more events than it may. Try again after {seconds} s.' },
  HEADERS_TOO_LARGE: { status: 431, message: 'The headers of the request are too large.' },
  INTERNAL: { status: 500, message: 'Something went wrong here. Nothing was stored; it has been logged.' },
  UNAVAILABLE: {
    status: 503,
    message: 'Events cannot be stored right now. Send the same request, with the same event ids, after {seconds} s.',
  },
} as const satisfies Record<string, { status: number; message: string }>

/** Stable codes that clients may rely on. */
export type ErrorCode = keyof typeof ERRORS

/** A request that is answered with an error of the table. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** Where in the request the problem is, as `events[2].type`. */
  readonly path: string | undefined
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined

  constructor(
    readonly code: ErrorCode,
    values: Record<string, string | number> = {},
  ) {
    super(ERRORS[code].message.replace(/\{(\w+)\}/g, (_match, name: string) => String(values[name] ?? '')))
    this.status = ERRORS[code].status
    this.path = typeof values['path'] === 'string' && code !== 'NOT_FOUND' ? values['path'] : undefined
    this.retryAfter = typeof values['seconds'] === 'number' ? values['seconds'] : undefined
  }

  /** The body of the answer. */
  toJSON(): { error: { code: ErrorCode; message: string; path?: string } } {
    return {
      error: { code: this.code, message: this.message, ...(this.path === undefined ? {} : { path: this.path }) },
    }
  }
}
