// A request's body, read no further than the limit, and what GraphQL needs of it.
import type { IncomingMessage } from 'node:http'
import { parse as parseJson } from 'secure-json-parse'
import { BadRequest, BodyTooLarge, NotJson } from './errors.js'

/** A workflow's graph is the largest thing that comes in; ten times the largest seen. */
const BODY_LIMIT = 1024 * 1024

/** What a client asks for. */
export interface GraphqlRequest {
  query: string | undefined
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
  /** SHA-256 in hexadecimal of a registered document. */
  persisted: string | undefined
}

/**
 * Reads a request. A content type that a form of another site could send is refused, as Apollo's CSRF prevention does, and so is any other but JSON.
 * Throws BAD_REQUEST or BODY_TOO_LARGE.
 */
export async function readGraphqlRequest(request: IncomingMessage): Promise<GraphqlRequest> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) throw NotJson()
  if (request.headers['content-encoding'] !== undefined) throw BadRequest({ problem: 'Send the body uncompressed.' })
  return readGraphqlPayload(parseBody(await readBody(request)))
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw BodyTooLarge({ limit: BODY_LIMIT })
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > BODY_LIMIT) {
        // The rest is let go by unread; the answer closes the connection.
        request.removeAllListeners('data')
        reject(BodyTooLarge({ limit: BODY_LIMIT }))
        return
      }
      chunks.push(chunk)
    })
    request.on('end', () => {
      const [first] = chunks
      resolve(chunks.length === 1 && first ? first.toString('utf8') : Buffer.concat(chunks).toString('utf8'))
    })
    const broken = (): void => {
      // Every request is closed some time; only one that has not come as a whole is broken.
      if (!request.complete) reject(BadRequest({ problem: 'The connection broke off within the body.' }))
    }
    request.on('error', broken)
    request.on('close', broken)
  })
}

/** Throws BAD_REQUEST, also for a key `__proto__`, which nobody needs and which could change what copies it. */
export function parseBody(text: string): unknown {
  try {
    return parseJson(text, { protoAction: 'error', constructorAction: 'error' } as never)
  } catch {
    throw BadRequest({ problem: 'The body is no JSON, or has a key that JSON should not have.' })
  }
}

/** What GraphQL needs of a request's body, or of a `subscribe` message's payload. Throws BAD_REQUEST. */
export function readGraphqlPayload(body: unknown): GraphqlRequest {
  if (Array.isArray(body)) throw BadRequest({ problem: 'One operation a request: batches are not taken.' })
  if (!isObject(body)) throw BadRequest({ problem: 'The body must be an object with "query" and "variables".' })
  const { query, operationName, variables, extensions } = body
  if (query != null && typeof query !== 'string') throw BadRequest({ problem: '"query" must be a text.' })
  if (operationName != null && typeof operationName !== 'string') {
    throw BadRequest({ problem: '"operationName" must be a text.' })
  }
  if (variables != null && !isObject(variables)) throw BadRequest({ problem: '"variables" must be an object.' })
  if (extensions != null && !isObject(extensions)) throw BadRequest({ problem: '"extensions" must be an object.' })
  const persisted = extensions?.['persistedQuery']
  const hash = isObject(persisted) ? persisted['sha256Hash'] : undefined
  if (persisted != null && typeof hash !== 'string') {
    throw BadRequest({ problem: '"persistedQuery" must have a "sha256Hash".' })
  }
  if (!query && hash === undefined) throw BadRequest({ problem: 'There is no "query".' })
  return {
    query: query || undefined,
    operationName: operationName || undefined,
    variables: variables ?? {},
    persisted: typeof hash === 'string' ? hash.toLowerCase() : undefined,
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
