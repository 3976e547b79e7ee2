// Subscriptions over one socket, each of which goes on where it was when the connection is back.
import type { DocumentNode } from '@0no-co/graphql.web'
import { createClient, type Client, type FormattedExecutionResult } from 'graphql-ws/client'
import { subscriptionOf, type Subscription } from './documents.js'
import { ApiError, CONNECTION_LOST, wayError, type AnswerError } from './errors.js'
import { REPLACEABLE, type Session } from './session.js'
import { waitToTryAgain } from './wait.js'

/** Where a message stands in the stream. */
export interface MessagePlace {
  /** To go on from here at another time: as the subscription's `after`. */
  cursor: string | undefined
  /** Whether something before this message is no longer kept, and was missed: read anew what you show. */
  missed: boolean
  /** What of the message could not be had, as when a subgraph is away. */
  error: ApiError | undefined
}

export interface Watcher {
  /** Gets each message, some of them twice after a lost connection: ids tell. What it throws ends the subscription. */
  onMessage(data: unknown, place: MessagePlace): void
  /** The connection was lost; it is tried again until `signal` aborts. */
  onLost: ((error: ApiError) => void) | undefined
  signal: AbortSignal
}

export interface Subscriber {
  /** Resolves when `signal` aborts or the server has no more to say; rejects with an ApiError when it is refused. */
  subscribe(document: DocumentNode, variables: object, watcher: Watcher): Promise<void>
  close(): void
}

/** A connection that nobody answers on is found dead after at most this and PONG_WITHIN_MS. */
const PING_EVERY_MS = 10_000
const PONG_WITHIN_MS = 5_000

/** Closed because of what we sent; sending it again would not help. */
const OUR_FAULT = [4400, 4406, 4409]
/** Closed because of the token. */
const REFUSED = [4401, 4403]

/** Why a subscription ended: the server's last word, errors of its, a close event or an error of the socket, or what the watcher threw. */
type End = { done: true } | { refusal: ApiError } | { close: unknown } | { thrown: unknown }

export function createSubscriber(url: string, session: Session): Subscriber {
  let client: Client | undefined
  /** What the open socket was opened with. */
  let token: string | undefined

  async function socketClient(): Promise<Client> {
    const webSocketImpl: unknown = 'WebSocket' in globalThis ? globalThis.WebSocket : (await import('ws')).WebSocket
    let death: ReturnType<typeof setTimeout> | undefined
    client ??= createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl,
      retryAttempts: 0,
      keepAlive: PING_EVERY_MS,
      async connectionParams() {
        token = await session.token()
        return token ? { authorization: `Bearer ${token}` } : {}
      },
      on: {
        ping: (isTheirs) => {
          if (!isTheirs) death = setTimeout(() => client?.terminate(), PONG_WITHIN_MS)
        },
        pong: () => clearTimeout(death),
        closed: () => clearTimeout(death),
      },
    })
    return client
  }

  /** Subscribes once and hands on messages until that ends. */
  function watch(client: Client, subscription: Subscription, watcher: Watcher, onAlive: () => void): Promise<End> {
    return new Promise((resolve) => {
      const end = (how: End): void => {
        watcher.signal.removeEventListener('abort', abort)
        resolve(how)
      }
      const abort = (): void => {
        stop()
        end({ done: true })
      }
      const next = (result: FormattedExecutionResult): void => {
        const errors = result.errors as AnswerError[] | undefined
        const error = errors?.length ? new ApiError(errors, result.data) : undefined
        if (!result.data || error?.has(...REPLACEABLE)) {
          stop()
          return end({ refusal: error ?? new ApiError([]) })
        }
        try {
          const { data, cursor, missed } = subscription.read(result.data)
          watcher.onMessage(data, { cursor, missed, error })
          if (cursor !== undefined) subscription.resumeFrom(cursor)
          onAlive()
        } catch (thrown) {
          stop()
          end({ thrown })
        }
      }
      const stop = client.subscribe(subscription.operation, {
        next,
        error: (error) => end(Array.isArray(error) ? { refusal: new ApiError(error) } : { close: error }),
        complete: () => end({ done: true }),
      })
      watcher.signal.addEventListener('abort', abort)
    })
  }

  return {
    async subscribe(document, variables, watcher) {
      const subscription = subscriptionOf(document, variables)
      let attempt = 0
      let isReplaced = false
      while (!watcher.signal.aborted) {
        const client = await socketClient()
        if (watcher.signal.aborted) return
        const end = await watch(client, subscription, watcher, () => {
          attempt = 0
          isReplaced = false
        })
        if (watcher.signal.aborted || 'done' in end) return
        if ('thrown' in end) throw end.thrown
        const error = 'refusal' in end ? end.refusal : lost(end.close, url)
        const isRefused = 'refusal' in end ? error.has(...REPLACEABLE) : REFUSED.includes(codeOf(end.close) ?? 0)
        if (isRefused && !isReplaced) {
          isReplaced = true
          const refused = token
          if (!(await session.replace(refused))) throw error
          // The first of those that share the socket closes it, and all come back with the new token.
          if (token === refused) {
            token = undefined
            client.terminate()
          }
          continue
        }
        if ('refusal' in end || isRefused || OUR_FAULT.includes(codeOf(end.close) ?? 0)) throw error
        watcher.onLost?.(error)
        await waitToTryAgain(attempt, watcher.signal)
        attempt += 1
      }
    },
    close() {
      // Rejects when it was about to connect and could not: there is nothing to close then.
      void Promise.resolve(client?.dispose()).catch(() => undefined)
      client = undefined
    },
  }
}

function codeOf(close: unknown): number | undefined {
  const code = typeof close === 'object' && close && 'code' in close ? close.code : undefined
  return typeof code === 'number' ? code : undefined
}

/** A gateway that refuses a token gives the code as the reason. */
function lost(close: unknown, url: string): ApiError {
  if (close instanceof ApiError) return close
  const code = codeOf(close)
  const reason = typeof close === 'object' && close && 'reason' in close ? String(close.reason) : ''
  if (REFUSED.includes(code ?? 0)) {
    const refusal = /^[A-Z_]+$/.test(reason) ? reason : 'UNAUTHENTICATED'
    return wayError(refusal, `${url} refused to sign in who subscribes (${code}: ${reason}).`, close)
  }
  return wayError(
    CONNECTION_LOST,
    `The connection to ${url} was lost (${code ?? 'no answer'}${reason && `: ${reason}`}).`,
    close,
  )
}
