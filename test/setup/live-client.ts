// Watching at a subgraph as a gateway would: one socket, many subscriptions.
import { createGatewaySigner, signConnection, signSubscription } from '@segue/graphql'
import { WebSocket } from 'ws'
import { TEST_GATEWAY_KEY, type Answer } from './graphql-client.js'

const sign = createGatewaySigner(TEST_GATEWAY_KEY)

export interface Watching {
  /** All messages so far. */
  messages: Answer[]
  /** What ended it, if an error did. */
  errors: NonNullable<Answer['errors']> | undefined
  isDone: boolean
  /** Resolves when `test` holds of this; rejects after some seconds. */
  until(test: (watching: Watching) => boolean): Promise<Watching>
  /** The `count`th message, from 1; its data must be there. */
  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  message(count: number): Promise<any>
  stop(): void
}

export interface LiveClient {
  socket: WebSocket
  watch(query: string, variables?: Record<string, unknown>, token?: string): Watching
  /** The code that the socket was closed with. */
  closed: Promise<number>
  close(): void
}

/** Opens a socket to a subgraph. */
export async function connectLive(url: string, parameters: object = signConnection(sign)): Promise<LiveClient> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const watchings = new Map<string, { watching: Watching; changed: () => void }>()
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  socket.on('error', () => undefined)
  const acknowledged = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; id?: string; payload?: unknown }
      if (message.type === 'connection_ack') resolve()
      const known = watchings.get(message.id ?? '')
      if (!known) return
      if (message.type === 'next') known.watching.messages.push(message.payload as Answer)
      if (message.type === 'error') known.watching.errors = message.payload as NonNullable<Answer['errors']>
      if (message.type === 'error' || message.type === 'complete') known.watching.isDone = true
      known.changed()
    })
    socket.once('close', (code) => reject(new Error(`Closed with ${code}.`)))
  })
  socket.send(JSON.stringify({ type: 'connection_init', payload: parameters }))
  await acknowledged

  let count = 0
  return {
    socket,
    closed,
    watch(query, variables = {}, token) {
      const id = String((count += 1))
      const waiting = new Set<() => void>()
      const watching: Watching = {
        messages: [],
        errors: undefined,
        isDone: false,
        until: (test) =>
          new Promise((resolve, reject) => {
            const impatience = setTimeout(() => {
              waiting.delete(look)
              reject(new Error(`In vain: ${JSON.stringify([watching.messages.slice(-3), watching.errors])}`))
            }, 15_000)
            const look = (): void => {
              if (!test(watching)) return
              clearTimeout(impatience)
              waiting.delete(look)
              resolve(watching)
            }
            waiting.add(look)
            look()
          }),
        async message(number) {
          await watching.until(({ messages }) => messages.length >= number)
          const message = watching.messages[number - 1]
          if (message?.errors) throw new Error(JSON.stringify(message.errors))
          return message?.data
        },
        stop: () => socket.send(JSON.stringify({ type: 'complete', id })),
      }
      watchings.set(id, { watching, changed: () => [...waiting].forEach((look) => look()) })
      const client = { authorization: token ? `Bearer ${token}` : '', requestId: `live-${id}-00`, clientAddress: '' }
      const payload = signSubscription(sign, { query, variables }, client)
      socket.send(JSON.stringify({ type: 'subscribe', id, payload }))
      return watching
    },
    close: () => socket.close(),
  }
}
