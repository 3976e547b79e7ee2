// Sending what nobody should send, and holding what comes back to the rules that every refusal keeps.
import { expect } from '@jest/globals'
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** Fields as the test expects them: what differs fails an assertion. */
  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  data: any
  errors: { message: string; path?: (string | number)[]; extensions: { code: string } & Record<string, unknown> }[]
  codes: string[]
}

export interface Attack {
  /** A GraphQL request, or a body as it is. */
  body?: string | Buffer
  query?: string
  variables?: unknown
  operationName?: unknown
  token?: string | undefined
  headers?: OutgoingHttpHeaders
  method?: string
  path?: string
}

/** Everything secret or personal that a suite has used: no answer that refuses it and no log may have it. */
const secrets = new Set<string>()

/** Notes a secret, and gives it. */
export function secret<Text extends string>(text: Text): Text {
  secrets.add(text)
  return text
}

/** Sends a request, with any header, to a gateway or a subgraph. */
export async function attack(
  url: string,
  { token, headers = {}, method = 'POST', path, ...rest }: Attack,
): Promise<Reply> {
  const { query, variables, operationName } = rest
  const body = rest.body ?? (method === 'POST' ? JSON.stringify({ query, variables, operationName }) : '')
  const { hostname, port, pathname } = new URL(url)
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        // As it is: a URL would be put right.
        path: path ?? pathname,
        method,
        agent: false,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(headers['transfer-encoding'] ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve(replyOf(response.statusCode ?? 0, response.headers, String(Buffer.concat(chunks)))),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

function replyOf(status: number, headers: IncomingHttpHeaders, text: string): Reply {
  const parsed = text !== '' && /json/.test(headers['content-type'] ?? '') ? (JSON.parse(text) as Partial<Reply>) : {}
  const { data, errors = [] } = parsed
  return { status, headers, text, data, errors, codes: errors.map(({ extensions }) => extensions?.code) }
}

/** What only the inside of a service knows: places in its code, statements, tables, the database's address. */
const INSIDE =
  /node_modules|\n\s+at |\.[jt]s:\d+|\b(SELECT|INSERT INTO|UPDATE \w+ SET)\b|\bER_[A-Z]|mysql:|segue_test_|QueryFailed/

/** Expects a refusal: its status, its code and nothing else that tells anything. */
export function expectRefused(reply: Reply, status: number, ...codes: string[]): void {
  expect({ status: reply.status, codes: reply.codes, data: reply.data }).toEqual({ status, codes, data: undefined })
  expectHarmless(reply)
  for (const { message } of reply.errors) expect(message.length).toBeGreaterThan(10)
}

/** Expects that an answer, whatever it is, has nothing of our inside, no failure of ours and no secret. */
export function expectHarmless(reply: Reply): void {
  expect(reply.status).toBeLessThan(500)
  expect(reply.text).not.toMatch(INSIDE)
  expect(reply.codes).not.toContain('INTERNAL')
  for (const text of secrets) if (reply.text.includes(text)) throw new Error(`An answer has the secret ${text}.`)
}

/** Milliseconds of processor that `work` takes in this process, where the services are, too. */
export async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export interface KeptLog {
  lines(): string[]
  /** Fails when a secret that a suite has used is in it, or one of `others`. */
  expectClean(...others: string[]): void
  close(): void
}

/** From now on keeps what services log, which goes to standard output, instead of printing it. */
export function keepLog(): KeptLog {
  const kept: string[] = []
  const { stdout } = process
  const { write } = stdout
  const keeping = (...given: unknown[]): boolean => {
    const [text] = given
    if (typeof text !== 'string' || !text.startsWith('{"level"')) return Reflect.apply(write, stdout, given) as boolean
    kept.push(...text.trimEnd().split('\n'))
    return true
  }
  // A logger that is made while it is so writes through it.
  stdout.write = keeping as typeof write
  return {
    lines: () => kept,
    expectClean(...others) {
      // Else nothing was kept, and nothing proved.
      expect(kept.filter((line) => line.includes('"msg":"Listening"')).length).toBeGreaterThanOrEqual(6)
      for (const line of kept) {
        for (const text of [...secrets, ...others]) {
          if (line.includes(text)) throw new Error(`The log has ${text}: ${line.slice(0, 500)}`)
        }
      }
    },
    close: () => void (stdout.write = write),
  }
}
