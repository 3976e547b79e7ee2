// One request to the gateway and its answer.
import { ApiError, CONNECTION_LOST, NO_GRAPHQL_ANSWER, UNAVAILABLE, wayError, type AnswerError } from './errors.js'

/** What is sent. */
export interface Operation {
  query: string
  variables: Record<string, unknown>
}

export interface Sending {
  token?: string | undefined
  /** As the `cookie` header has it. Browsers send their own and pay no heed to this one. */
  cookie?: string | undefined
  signal?: AbortSignal | undefined
}

export interface Posted {
  data: unknown
  /** `name=value` of the cookies that were set; none in browsers, which keep them to themselves. */
  cookies: string[]
}

/** Sends an operation. Rejects with an ApiError unless the answer is whole, or with the signal's reason. */
export type Post = (operation: Operation, sending: Sending) => Promise<Posted>

export function createPost(url: string, fetch: typeof globalThis.fetch): Post {
  return async (operation, { token, cookie, signal }) => {
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(cookie ? { cookie } : {}),
        },
        body: JSON.stringify(operation),
        ...(signal ? { signal } : {}),
      })
      text = await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      throw wayError(CONNECTION_LOST, `The connection to ${url} was lost before an answer came.`, error)
    }
    if ([502, 503, 504].includes(response.status)) {
      throw wayError(UNAVAILABLE, `${url} takes no requests at the moment: it answered ${response.status}.`)
    }
    const { data, errors } = read(text, response.status, url)
    if (errors?.length) throw new ApiError(errors, data)
    return { data, cookies: response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '') }
  }
}

interface Answer {
  data?: unknown
  errors?: AnswerError[]
}

function read(text: string, status: number, url: string): Answer {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer === 'object' && answer && ('data' in answer || 'errors' in answer)) return answer as Answer
  } catch {
    // It is told below.
  }
  throw wayError(NO_GRAPHQL_ANSWER, `${url} answered ${status} with something that is not a GraphQL answer.`)
}
