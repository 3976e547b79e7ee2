// Against a small HTTP server that plays the gateway.
import { afterEach, describe, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { accepted, ApiError, createClient, graphql, type ApiClient, type ClientOptions } from './index.js'

interface Asked {
  query: string
  variables: Record<string, { clientMutationId?: string } & Record<string, unknown>>
  headers: IncomingMessage['headers']
}
type Play = (asked: Asked, response: ServerResponse) => object | number | undefined

let server: Server | undefined
const clients: ApiClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close().catch(() => undefined)
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** Plays a gateway: an object is answered, a number is a status without an answer, undefined cuts the connection. */
async function startGateway(play: Play): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const seen = { ...JSON.parse(text), headers: request.headers } as Asked
      asked.push(seen)
      const answer = play(seen, response)
      if (answer === undefined) return request.socket.destroy()
      if (typeof answer === 'number') return response.writeHead(answer).end('upstream')
      return response.end(JSON.stringify(answer))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/graphql`, asked }
}

function clientOf(options: ClientOptions): ApiClient {
  const client = createClient(options)
  clients.push(client)
  return client
}

const refusal = (code: string) => ({ errors: [{ message: `Refused: ${code}`, extensions: { code } }] })
const rejected = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  if (!(error instanceof ApiError)) throw new Error(`No ApiError but ${String(error)}`)
  return error
}

const SEGMENT = graphql(`
  query ($id: ID!) {
    segment(id: $id) {
      name
      profileCount
    }
  }
`)
const ME = graphql('{ me { email role } }')
const CREATE = graphql(`
  mutation ($input: CreateSegmentInput!) {
    createSegment(input: $input) {
      segment {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`)
const CREATED = { data: { createSegment: { segment: { id: '1' }, userErrors: [] } } }

describe('a document', () => {
  test('types its own variables and result', async () => {
    const { url, asked } = await startGateway(() => ({ data: { segment: { name: 'Buyers', profileCount: 2 } } }))
    const client = clientOf({ url, token: 'T' })
    const { segment } = await client.request(SEGMENT, { id: 'a' })
    const name: string | undefined = segment?.name
    expect(name).toBe('Buyers')
    expect(asked).toMatchObject([{ variables: { id: 'a' }, headers: { authorization: 'Bearer T' } }])
    // Compiled, never run: each line must be an error of the compiler.
    const wrong = async (): Promise<void> => {
      // @ts-expect-error the variable is missing
      await client.request(SEGMENT)
      // @ts-expect-error it is a string
      await client.request(SEGMENT, { id: 1 })
      // @ts-expect-error it was not asked for
      void (await client.request(SEGMENT, { id: 'a' })).segment?.description
      // @ts-expect-error there is no such role
      void ((await client.request(ME)).me?.role === 'root')
    }
    expect(wrong).toBeInstanceOf(Function)
  })

  test('can spread fragments', async () => {
    const named = graphql('fragment Named on Segment { name }')
    const both = graphql('query ($id: ID!) { segment(id: $id) { ...Named } }', [named])
    const { url, asked } = await startGateway(() => ({ data: { segment: { name: 'Buyers' } } }))
    const { segment } = await clientOf({ url }).request(both, { id: 'a' })
    expect(segment?.name).toBe('Buyers')
    expect(asked[0]?.query).toContain('fragment Named on Segment')
  })
})

describe('an error', () => {
  test('has code, path and what could be had', async () => {
    const errors = [{ message: 'Away.', path: ['me'], extensions: { code: 'SUBGRAPH_AWAY', serviceName: 'platform' } }]
    const { url } = await startGateway(() => ({ data: { me: null, segment: { name: 'Buyers' } }, errors }))
    const error = await rejected(clientOf({ url }).request(ME))
    expect(error).toMatchObject({ code: 'SUBGRAPH_AWAY', message: 'Away.', path: ['me'], errors })
    expect(error.data).toEqual({ me: null, segment: { name: 'Buyers' } })
  })

  test('in the input is one of the payload, or thrown when you want it done', async () => {
    const userErrors = [{ code: 'SEGMENT_NAME_TAKEN', message: 'Taken.', path: ['input', 'name'] }]
    const { url } = await startGateway(() => ({ data: { createSegment: { segment: null, userErrors } } }))
    const { createSegment } = await clientOf({ url, token: 'T' }).request(CREATE, { input: { name: 'Buyers' } })
    expect(createSegment?.userErrors).toEqual(userErrors)
    expect(() => accepted(createSegment)).toThrow(ApiError)
    expect(await rejected((async () => accepted(createSegment))())).toMatchObject(userErrors[0] ?? {})
  })

  test('tells when the address is no API, at once', async () => {
    const { url, asked } = await startGateway(() => 404)
    expect(await rejected(clientOf({ url }).request(ME))).toMatchObject({ code: 'NO_GRAPHQL_ANSWER' })
    expect(asked).toHaveLength(1)
  })
})

describe('what is not answered', () => {
  test('is asked again while the gateway is away', async () => {
    const plays: ReturnType<Play>[] = [503, undefined, { data: { me: null } }]
    const { url, asked } = await startGateway(() => plays.shift())
    expect(await clientOf({ url }).request(ME)).toEqual({ me: null })
    expect(asked).toHaveLength(3)
  })

  test('is given up after some attempts', async () => {
    const { url, asked } = await startGateway(() => 503)
    expect(await rejected(clientOf({ url }).request(ME))).toMatchObject({ code: 'UNAVAILABLE' })
    expect(asked).toHaveLength(6)
  })

  test('is given up when its caller does', async () => {
    const { url } = await startGateway(() => undefined)
    const controller = new AbortController()
    const asking = clientOf({ url }).request(ME, {}, { signal: controller.signal })
    controller.abort(new Error('Enough.'))
    await expect(asking).rejects.toThrow('Enough.')
  })

  test('is done once when it is a mutation: it is sent again under the same id', async () => {
    const plays: ReturnType<Play>[] = [undefined, CREATED, CREATED]
    const { url, asked } = await startGateway(() => plays.shift())
    const client = clientOf({ url, token: 'T' })
    await client.request(CREATE, { input: { name: 'Buyers' } })
    await client.request(CREATE, { input: { name: 'Buyers' } })
    const ids = asked.map(({ variables }) => variables['input']?.clientMutationId)
    expect(ids).toHaveLength(3)
    expect(ids[0]).toMatch(/^[\w-]{36}$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  test('is sent under an id of yours when you give one', async () => {
    const { url, asked } = await startGateway(() => CREATED)
    await clientOf({ url, token: 'T' }).request(CREATE, { input: { name: 'Buyers', clientMutationId: 'mine' } })
    expect(asked[0]?.variables['input']).toEqual({ name: 'Buyers', clientMutationId: 'mine' })
  })

  test('is not sent again when it is a mutation of nobody, whose ids are not remembered', async () => {
    const { url, asked } = await startGateway(() => undefined)
    const reset = graphql('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { email } }')
    const error = await rejected(clientOf({ url }).request(reset, { input: { token: 't', newPassword: 'p' } }))
    expect(error.code).toBe('CONNECTION_LOST')
    expect(asked).toHaveLength(1)
  })
})

describe('signing in', () => {
  const CREDENTIALS = { email: 'ada@example.com', password: 'correct horse battery' }
  const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()

  /** A gateway that counts its tokens, T1, T2…, and its cookies, C1, C2…; `refuse` names the code of a token that it does not take. */
  async function startSigningIn(
    lifetime: number,
    refuse: (token: string) => string | undefined = () => undefined,
    keepsSessions = true,
  ) {
    let count = 0
    const issue = (response: ServerResponse) => {
      count += 1
      response.setHeader('set-cookie', [`other=1; Path=/`, `segue_refresh_staging=C${count}; HttpOnly; Path=/graphql`])
      return { accessToken: `T${count}`, expiresAt: inMinutes(lifetime), userErrors: [] }
    }
    return await startGateway(({ query, headers }, response) => {
      if (query.includes('login')) return { data: { login: issue(response) } }
      if (query.includes('refreshSession')) {
        const isKept = keepsSessions && headers.cookie === `segue_refresh_staging=C${count}`
        const none = { accessToken: null, expiresAt: null, userErrors: [{ code: 'NO_SESSION', message: '', path: [] }] }
        return { data: { refreshSession: isKept ? issue(response) : none } }
      }
      if (query.includes('logout')) return { data: { logout: { userErrors: [] } } }
      const code = refuse(headers.authorization?.replace('Bearer ', '') ?? '')
      return code ? refusal(code) : { data: { me: null } }
    })
  }
  const story = (asked: Asked[]): string[] =>
    asked.map(({ query, headers }) => {
      const what = /login|refreshSession|logout|me/.exec(query)?.[0] ?? ''
      return [what, headers.authorization ?? headers.cookie].filter(Boolean).join(' ')
    })

  test('happens once for all that ask at first, and ends with the client', async () => {
    const { url, asked } = await startSigningIn(15)
    const client = createClient({ url, signIn: CREDENTIALS })
    await Promise.all([client.request(ME), client.request(ME)])
    await client.close()
    expect(asked[0]?.variables).toEqual({ input: CREDENTIALS })
    expect(story(asked)).toEqual(['login', 'me Bearer T1', 'me Bearer T1', 'logout segue_refresh_staging=C1'])
  })

  test('exchanges the token before it ends', async () => {
    const { url, asked } = await startSigningIn(0.5)
    const client = clientOf({ url, signIn: CREDENTIALS })
    await client.request(ME)
    await client.request(ME)
    const refresh = 'refreshSession segue_refresh_staging=C1'
    expect(story(asked)).toEqual(['login', 'me Bearer T1', refresh, 'me Bearer T2'])
  })

  test('exchanges a token that is refused, once for all, and sends again what was', async () => {
    const { url, asked } = await startSigningIn(15, (token) => (token === 'T1' ? 'SESSION_ENDED' : undefined))
    const client = clientOf({ url, signIn: CREDENTIALS })
    expect(await Promise.all([client.request(ME), client.request(ME)])).toEqual([{ me: null }, { me: null }])
    expect(story(asked).filter((each) => each.startsWith('refreshSession'))).toHaveLength(1)
  })

  test('happens again when the session is no more', async () => {
    const refuse = (token: string) => (token === 'T1' ? 'SESSION_ENDED' : undefined)
    const { url, asked } = await startSigningIn(15, refuse, false)
    await clientOf({ url, signIn: CREDENTIALS }).request(ME)
    const refresh = 'refreshSession segue_refresh_staging=C1'
    expect(story(asked)).toEqual(['login', 'me Bearer T1', refresh, expect.stringMatching('login'), 'me Bearer T2'])
  })

  test('tells when it is refused', async () => {
    const { url } = await startGateway(() => ({
      data: {
        login: { accessToken: null, expiresAt: null, userErrors: [{ code: 'BAD_CREDENTIALS', message: 'No.' }] },
      },
    }))
    const error = await rejected(clientOf({ url, signIn: CREDENTIALS }).request(ME))
    expect(error).toMatchObject({ code: 'BAD_CREDENTIALS', message: 'No.' })
  })

  test('is nothing to do with a given token: what is refused with it is told', async () => {
    const { url, asked } = await startGateway(() => refusal('TOKEN_EXPIRED'))
    expect(await rejected(clientOf({ url, apiKey: 'segue_staging_k' }).request(ME))).toMatchObject({
      code: 'TOKEN_EXPIRED',
    })
    expect(asked).toMatchObject([{ headers: { authorization: 'Bearer segue_staging_k' } }])
  })
})
