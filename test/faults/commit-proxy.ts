// A network between processes and the database that knows MySQL's packets: it sees each COMMIT pass, and can cut the connection right behind it.
import { createServer, connect, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** First bytes of a packet's content that end a transaction: COMMIT as text, or a statement that commits by itself. */
type Committing = (content: Buffer) => boolean

/** COM_QUERY, then the text. https://mariadb.com/kb/en/com_query/ */
const COM_QUERY = 0x03
/** https://mariadb.com/kb/en/com_stmt_execute/ */
const COM_STMT_EXECUTE = 0x17

/** Of event workers: their transactions end with COMMIT. */
export const byCommit: Committing = (content) =>
  content[0] === COM_QUERY && content.subarray(1, 7).toString('latin1') === 'COMMIT'

/** Of collectors: each INSERT is a transaction. */
export const byInsert: Committing = (content) =>
  content[0] === COM_STMT_EXECUTE ||
  (content[0] === COM_QUERY && content.subarray(1, 7).toString('latin1') === 'INSERT')

/** A commit that is on its way. */
export interface HeldCommit {
  /** The port of whoever sent it. */
  clientPort: number
  /** Lets it go on, should the connection still be there. */
  release(): void
}

export class CommitProxy {
  /** How many commits were cut off from their answer. */
  cuts = 0
  #cutsLeft = 0
  #waiting: (() => void)[] = []
  #holding: ((held: HeldCommit) => void)[] = []
  readonly #sockets = new Set<Socket>()
  /** Connections to the database by the port of the client's end. */
  readonly #behind = new Map<number, Socket>()

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    private readonly committing: Committing,
  ) {
    server.on('connection', (client) => this.#serve(client))
  }

  /** Listens on a free port and hands all on to `target`, a port of this machine. */
  static async start(target: number, committing: Committing): Promise<CommitProxy> {
    const server = createServer()
    const proxy = new CommitProxy(server, target, committing)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** The next `count` commits reach the server, but whoever sent them loses the connection before the answer. */
  cutAfter(count: number): void {
    this.#cutsLeft = count
  }

  /** Resolves in the moment in which the next commit was handed to the server. */
  nextCommit(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Keeps the next commit back until it is released: its transaction stands open at the database meanwhile. */
  holdNextCommit(): Promise<HeldCommit> {
    return new Promise((resolve) => this.#holding.push(resolve))
  }

  /** The port by which the database knows the connection that came to the proxy from `clientPort`. */
  behind(clientPort: number): number | undefined {
    return this.#behind.get(clientPort)?.localPort
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  #serve(client: Socket): void {
    const server = connect(this.target, '127.0.0.1')
    const packets = new Packets(this.committing)
    const { remotePort: clientPort = 0 } = client
    this.#behind.set(clientPort, server)
    let cut = false
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    client.on('data', (chunk: Buffer) => {
      const commits = packets.commitsIn(chunk)
      const hold = commits ? this.#holding.shift() : undefined
      if (hold) return hold({ clientPort, release: () => void server.write(chunk) })
      server.write(chunk, () => {
        if (!commits) return
        for (const resolve of this.#waiting.splice(0)) resolve()
        if (this.#cutsLeft === 0) return
        this.#cutsLeft -= 1
        this.cuts += 1
        cut = true
        client.destroy()
      })
    })
    server.on('data', (chunk: Buffer) => {
      // The answer that nobody hears: the server is done, and learns now that its client is gone.
      if (cut) server.destroy()
      else client.write(chunk)
    })
    client.on('close', () => {
      this.#behind.delete(clientPort)
      if (!cut) server.end()
    })
    server.on('close', () => client.destroy())
  }
}

/** Follows the client's packets (three bytes of length, one of sequence, content) through chunks of any size. */
class Packets {
  #header = Buffer.alloc(0)
  #left = 0

  constructor(private readonly committing: Committing) {}

  /** Whether a packet that commits begins in this chunk. */
  commitsIn(chunk: Buffer): boolean {
    let found = false
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#left -= taken
        at += taken
        continue
      }
      const needed = 4 - this.#header.length
      this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + needed)])
      at += needed
      if (this.#header.length < 4) continue
      this.#left = this.#header.readUIntLE(0, 3)
      this.#header = Buffer.alloc(0)
      if (this.#left > 0 && this.committing(chunk.subarray(at, at + Math.min(this.#left, 16)))) found = true
    }
    return found
  }
}
