// A stream over a subgraph that cannot make a message: nothing is passed over, and nobody waits for ever.
import { expect, test } from '@jest/globals'
import type { SignedInAccount } from '@segue/graphql'
import { createLogger, createMetrics } from '@segue/service'
import { createLiveMetrics } from './live-metrics.js'
import type { LiveAnswer, LiveOperation } from './live-operation.js'
import { LiveStream, type LiveMember } from './live-stream.js'
import type { SubgraphSocket } from './subgraph-socket.js'

const account: SignedInAccount = {
  id: 'a',
  role: 'viewer',
  sessionId: 's',
  personalData: false,
  expiresAt: Date.now() + 60_000,
}

/** A stream with one member, over a subgraph that answers each subscription with what `answer` gives for the place that it goes on from. */
function start(answer: (after: string | undefined, time: number) => LiveAnswer): {
  told: unknown[]
  ended: Promise<unknown>
  asked: (string | undefined)[]
} {
  const told: unknown[] = []
  const asked: (string | undefined)[] = []
  let end: (errors: unknown) => void = () => undefined
  const ended = new Promise<unknown>((resolve) => (end = resolve))
  const operation = {
    subgraph: 'event',
    upstream: (_variables: unknown, after: string | undefined) => ({ after }),
    cursorOf: ({ data }: LiveAnswer) => data?.['cursor'],
    complete: async ({ data }: LiveAnswer) => ({ data }),
  } as unknown as LiveOperation
  const socket = {
    subscribe({ after }: { after?: string }, _client: unknown, sink: { next(answer: LiveAnswer): void }) {
      asked.push(after)
      setImmediate(() => sink.next(answer(after, asked.length)))
      return () => undefined
    },
  } as unknown as SubgraphSocket
  const stream = new LiveStream({
    operation,
    variables: {},
    after: 'begin',
    socket,
    logger: createLogger('test', 'silent'),
    metrics: createLiveMetrics(createMetrics('test')),
    onSlow: () => undefined,
    onTold: () => undefined,
    onEmpty: () => undefined,
  })
  const member: LiveMember = {
    context: { account, authorization: 'Bearer x', requestId: 'request-1', clientAddress: '' },
    refusal: () => undefined,
    take: (payload) => {
      told.push(JSON.parse(String(payload)))
      end(undefined)
      return true
    },
    end,
  }
  stream.add(member)
  return { told, ended, asked }
}

test('a message that could not be made is asked for again from where it began', async () => {
  const broken: LiveAnswer = { data: null, errors: [{ message: 'Away.' } as never] }
  const { told, ended, asked } = start((_after, time) => (time < 3 ? broken : { data: { cursor: 'c', n: 1 } }))
  await ended
  expect(told).toEqual([{ data: { cursor: 'c', n: 1 } }])
  expect(asked).toEqual(['begin', 'begin', 'begin'])
})
