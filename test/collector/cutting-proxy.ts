// A TCP proxy before the database that cuts, loses or delays exactly the statement that a test names.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/**
 * What happens to the first packet to the server that holds `marker`. `answer-lost`: it is executed, its answer is swallowed and both sides are
 * cut. `lost`: it never arrives and both sides are cut. `late`: the client is cut at once, the server gets it after `delayMs` and is cut when it has
 * answered.
 */
export interface Cut {
  marker: string
  how: 'answer-lost' | 'lost' | 'late'
  delayMs?: number
}

export interface CuttingProxy {
  port: number
  /** Arms the proxy; resolves when it has cut. */
  cut(cut: Cut): Promise<void>
  close(): Promise<void>
}

export async function cuttingProxy(serverPort: number): Promise<CuttingProxy> {
  let armed: (Cut & { done: () => void }) | null = null
  const sockets = new Set<Socket>()

  const proxy = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port: serverPort })
    let cutting = false
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    client.on('data', (chunk) => {
      if (!armed || !chunk.includes(armed.marker)) return void server.write(chunk)
      const { how, delayMs = 0, done } = armed
      armed = null
      cutting = true
      if (how === 'lost') {
        client.destroy()
        server.destroy()
        return done()
      }
      server.once('data', () => {
        client.destroy()
        server.destroy()
        if (how === 'answer-lost') done()
      })
      if (how === 'answer-lost') return void server.write(chunk)
      client.destroy()
      done()
      setTimeout(() => server.write(chunk), delayMs)
    })
    server.on('data', (chunk) => {
      if (!cutting) client.write(chunk)
    })
    client.on('close', () => {
      if (!cutting) server.destroy()
    })
    server.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))

  return {
    port: (proxy.address() as AddressInfo).port,
    cut: (cut) =>
      new Promise((done) => {
        armed = { ...cut, done }
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
