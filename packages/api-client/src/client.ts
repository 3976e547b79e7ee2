// A client of one gateway.
import type { DocumentNode } from '@0no-co/graphql.web'
import type { DocumentDecoration } from 'gql.tada'
import { requestOf } from './documents.js'
import { ApiError, CONNECTION_LOST, UNAVAILABLE } from './errors.js'
import { createPost } from './post.js'
import { givenToken, REPLACEABLE, signedInSession, type Credentials, type Session } from './session.js'
import { createSubscriber, type MessagePlace } from './subscriptions.js'
import { waitToTryAgain } from './wait.js'

/** Where and as whom. Without `token`, `apiKey` and `signIn` nobody is signed in, and only what is public is answered. */
export interface ClientOptions {
  /** As `https://segue.example.com/graphql`; subscriptions go to the same one with `wss`. */
  url: string
  /** An access token that you exchange yourself before it ends. */
  token?: string
  /** As `segue_staging_…`. */
  apiKey?: string
  /** Signs in when it is first needed, and takes care of the tokens. */
  signIn?: Credentials
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch
}

/** What `graphql()` makes. */
export type TypedDocument<Result, Variables> = DocumentNode & DocumentDecoration<Result, Variables>

export interface RequestOptions {
  /** Ends it; the promise rejects with its reason. `AbortSignal.timeout(…)` bounds it, repetitions included. */
  signal?: AbortSignal
}

export interface SubscribeOptions<Result> {
  /**
   * Gets each message. After a lost connection some come twice: ids tell. `missed` says that some could not be had any more. What it throws ends the
   * subscription and rejects its promise.
   */
  onMessage: (data: Result, place: MessagePlace) => void
  /** The connection was lost and is tried again, until you abort. */
  onLost?: (error: ApiError) => void
  /** Ends it. */
  signal: AbortSignal
}

/** Variables may be left out where the document needs none. */
type VariablesAnd<Variables, Options extends unknown[]> =
  Record<string, never> extends Variables ? [variables?: Variables, ...Options] : [variables: Variables, ...Options]

export interface ApiClient {
  /**
   * Sends a query or a mutation and gives its data. Rejects with an ApiError when anything of it could not be had; `data` of it has the rest. What the gateway
   * did not answer is sent again a few times, mutations too: under one `clientMutationId` they are done once.
   */
  request<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    ...rest: VariablesAnd<Variables, [options?: RequestOptions]>
  ): Promise<Result>
  /**
   * Hands on the messages of a subscription until `signal` aborts, and goes on from the last one after a lost connection. Rejects with an ApiError when it is
   * refused.
   */
  subscribe<Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: Variables,
    options: SubscribeOptions<Result>,
  ): Promise<void>
  /** Ends subscriptions, and the session when this client signed in. */
  close(): Promise<void>
}

/** How often an operation is sent at most when no answer comes: over some six seconds, longer than a gateway takes to start again. */
const ATTEMPTS = 6

/** Connects to nothing until it is asked something. */
export function createClient(options: ClientOptions): ApiClient {
  const post = createPost(options.url, options.fetch ?? globalThis.fetch)
  const session: Session = options.signIn
    ? signedInSession(post, options.signIn)
    : givenToken(options.token ?? options.apiKey)
  const subscriber = createSubscriber(options.url, session)
  const closing = new AbortController()

  return {
    async request<Result, Variables>(
      document: TypedDocument<Result, Variables>,
      ...[variables, { signal } = {}]: [variables?: Variables, options?: RequestOptions]
    ): Promise<Result> {
      const { repeatable, ...operation } = requestOf(document, variables ?? {})
      let isReplaced = false
      for (let attempt = 0; ; attempt += 1) {
        let token: string | undefined
        try {
          token = await session.token()
          return (await post(operation, { token, signal })).data as Result
        } catch (error) {
          signal?.throwIfAborted()
          if (!(error instanceof ApiError)) throw error
          if (error.has(...REPLACEABLE) && !isReplaced && (await session.replace(token))) {
            isReplaced = true
            continue
          }
          const isSignedIn = token !== undefined || options.signIn !== undefined
          const mayRepeat = repeatable === 'always' || (repeatable === 'signed in' && isSignedIn)
          if (!error.has(CONNECTION_LOST, UNAVAILABLE) || !mayRepeat || attempt + 1 >= ATTEMPTS) throw error
          await waitToTryAgain(attempt, signal)
          signal?.throwIfAborted()
        }
      }
    },
    subscribe: async <Result, Variables>(
      document: TypedDocument<Result, Variables>,
      variables: Variables,
      { onMessage, onLost, signal }: SubscribeOptions<Result>,
    ): Promise<void> =>
      await subscriber.subscribe(document, variables ?? {}, {
        onMessage: (data, place) => onMessage(data as Result, place),
        onLost,
        signal: AbortSignal.any([signal, closing.signal]),
      }),
    async close() {
      closing.abort()
      subscriber.close()
      await session.end()
    },
  }
}
