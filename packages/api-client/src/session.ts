// Who asks: a token that is given, or one that is got by signing in and exchanged before it ends.
import { print } from '@0no-co/graphql.web'
import type { ResultOf } from 'gql.tada'
import { accepted, ApiError } from './errors.js'
import { graphql } from './graphql.js'
import type { Post } from './post.js'

export interface Credentials {
  email: string
  password: string
}

export interface Session {
  /** What to send as bearer token; undefined: nobody is signed in. Rejects with an ApiError when signing in fails. */
  token(): Promise<string | undefined>
  /** Sees to another token in place of one that was refused. Resolves with false when there is no other. */
  replace(refused: string | undefined): Promise<boolean>
  /** Ends what was begun. */
  end(): Promise<void>
}

/** Codes of a token that another one may replace. */
export const REPLACEABLE = ['TOKEN_EXPIRED', 'SESSION_ENDED'] as const

/** A token that somebody else takes care of, or none. */
export function givenToken(token: string | undefined): Session {
  return { token: async () => token, replace: async () => false, end: async () => undefined }
}

/** How long before its end a token is exchanged: longer than a request takes and clocks differ. The gateway gives fifteen minutes. */
const EXCHANGE_BEFORE_MS = 60_000

/** A sign-in is shared by all requests that wait for it, so none of their signals ends it; nor must it keep them for ever. */
const LONGEST_MS = 30_000

const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      accessToken
      expiresAt
      userErrors {
        code
        message
        path
      }
    }
  }
`)
const REFRESH = graphql(`
  mutation RefreshSession {
    refreshSession {
      accessToken
      expiresAt
      userErrors {
        code
        message
        path
      }
    }
  }
`)
const LOGOUT = graphql(`
  mutation Logout {
    logout {
      userErrors {
        code
        message
        path
      }
    }
  }
`)

/** Signs in when the first token is asked for, and again when the session ended. The refresh token is kept in memory; a browser keeps it itself. */
export function signedInSession(post: Post, credentials: Credentials): Session {
  let current: { token: string; expiresAt: number } | undefined
  let cookie: string | undefined
  let exchange: Promise<string> | undefined

  async function send<Document extends typeof LOGIN | typeof REFRESH | typeof LOGOUT>(
    document: Document,
    variables: Record<string, unknown> = {},
  ): Promise<ResultOf<Document>> {
    const signal = AbortSignal.timeout(LONGEST_MS)
    const answer = await post({ query: print(document), variables }, { cookie, signal })
    cookie = answer.cookies.find((each) => each.startsWith('segue_refresh_')) ?? cookie
    return answer.data as ResultOf<Document>
  }

  async function newToken(): Promise<string> {
    const refreshed = current && (await send(REFRESH)).refreshSession
    const payload = refreshed?.accessToken ? refreshed : accepted((await send(LOGIN, { input: credentials })).login)
    if (!payload.accessToken || !payload.expiresAt) throw new ApiError([])
    current = { token: payload.accessToken, expiresAt: Date.parse(payload.expiresAt) }
    return current.token
  }

  const exchanged = (): Promise<string> =>
    (exchange ??= newToken().finally(() => {
      exchange = undefined
    }))

  return {
    token: async () =>
      current && Date.now() < current.expiresAt - EXCHANGE_BEFORE_MS ? current.token : await exchanged(),
    async replace(refused) {
      // Another request that was refused may have seen to it meanwhile.
      if (current === undefined || current.token === refused) await exchanged()
      return true
    },
    async end() {
      if (!current) return
      await send(LOGOUT)
      current = undefined
    },
  }
}
