// A way to a server, the database or a subgraph, that can be closed and opened again.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface DatabaseProxy {
  /** The server's URL, through here. */
  url: string
  /** Ends all connections and takes no new ones. */
  cut(): void
  /** Passes on what the server is sent, and keeps what it answers. */
  hold(): void
  mend(): void
  close(): Promise<void>
}

export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl)
  /** Connections to the server, by those of clients. */
  const connections = new Map<Socket, Socket>()
  let isCut = false
  let isHeld = false
  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const upstream = connect({ host: target.hostname, port: Number(target.port) })
    connections.set(client, upstream)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        connections.delete(client)
        other.destroy()
      })
    }
    client.pipe(upstream)
    if (!isHeld) upstream.pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  const end = (): void => {
    for (const [client, upstream] of connections) {
      client.destroy()
      upstream.destroy()
    }
  }
  return {
    url: url.href,
    cut() {
      isCut = true
      end()
    },
    hold() {
      isHeld = true
      for (const [client, upstream] of connections) upstream.unpipe(client)
    },
    mend() {
      isCut = false
      if (!isHeld) return
      isHeld = false
      for (const [client, upstream] of connections) upstream.pipe(client)
    },
    async close() {
      end()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
