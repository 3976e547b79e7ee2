// A client of live subscriptions: sockets that speak graphql-transport-ws and do as little work as they can.
import { WebSocket } from 'ws'

export interface Watcher {
  /** Messages so far. */
  readonly messages: number
  close(): void
}

/** Opens a socket and subscribes `times` times; resolves when each subscription has had its first message. */
export async function watch(
  gatewayUrl: string,
  token: string,
  asked: { query: string; variables?: object },
  times: number,
  onMessage: (text: string) => void = () => undefined,
): Promise<Watcher> {
  const socket = new WebSocket(`${gatewayUrl.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws')
  const first = new Set<string>()
  let messages = 0
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', (code, reason) => reject(new Error(`The gateway closed a socket: ${code} ${String(reason)}`)))
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })),
    )
    socket.on('message', (data: Buffer) => {
      const head = data.subarray(0, 80).toString('latin1')
      if (head.includes('"type":"next"')) {
        messages += 1
        if (first.size < times) {
          first.add(/"id":"(\w+)"/.exec(head)?.[1] ?? '')
          if (first.size === times) resolve()
        }
        onMessage(String(data))
      } else if (head.includes('connection_ack')) {
        for (let i = 0; i < times; i++) socket.send(JSON.stringify({ type: 'subscribe', id: `s${i}`, payload: asked }))
      } else if (head.includes('"type":"error"')) reject(new Error(String(data)))
      else if (head.includes('"type":"ping"')) socket.send('{"type":"pong"}')
    })
  })
  return {
    get messages() {
      return messages
    },
    close: () => socket.terminate(),
  }
}
