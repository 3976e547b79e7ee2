// WebSockets of clients, at the address of the other operations.
import { clientAddressOf, closeForRestart, type Networks } from '@segue/graphql'
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { ClientSocket, type ClientSocketOptions } from './client-socket.js'
import { createLiveLimits } from './live-limits.js'
import { isOwnOrigin } from './origin.js'

/** What HTTP takes. */
const MESSAGE_LIMIT = 1024 * 1024
/** Some ten kilobytes each when they are silent. */
const SOCKETS = 10_000
/** A client that does not answer a ping until the next one is gone. */
const PING_MS = 12_000
/** How often accounts are looked at whose subscriptions are silent. */
const CHECK_MS = 250

export interface LiveServer {
  /** Ends all subscriptions, and tells clients to come again. */
  close(): Promise<void>
}

/** Serves subscriptions on the gateway's HTTP server. `allowedOrigins`: whose pages may connect, beside those of this host. */
export function serveLive(
  http: Server,
  given: Omit<ClientSocketOptions, 'limits'> & { trustedProxies: Networks; allowedOrigins: ReadonlySet<string> },
): LiveServer {
  const { metrics, endedSessions, trustedProxies, allowedOrigins, logger } = given
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT, perMessageDeflate: false })
  const clients = new Map<WebSocket, ClientSocket>()
  const answering = new WeakSet<WebSocket>()
  const options: ClientSocketOptions = {
    ...given,
    limits: createLiveLimits(function* () {
      for (const { account } of clients.values()) if (account) yield account
    }),
  }

  const open = (socket: WebSocket, request: IncomingMessage): void => {
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      socket.close(CloseCode.SubprotocolNotAcceptable, `Speak ${GRAPHQL_TRANSPORT_WS_PROTOCOL}`)
      return
    }
    const userAgent = request.headers['user-agent']
    const origin = {
      clientAddress: clientAddressOf(request, trustedProxies),
      ...(userAgent === undefined ? {} : { userAgent }),
    }
    clients.set(socket, new ClientSocket(socket, origin, options))
    answering.add(socket)
    metrics.sockets.inc()
    socket.on('pong', () => answering.add(socket))
    socket.on('close', () => {
      clients.delete(socket)
      metrics.sockets.dec()
      if (clients.size === 0) endedSessions.rest()
    })
  }
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`)
    socket.on('error', () => socket.destroy())
    if (request.url?.split('?', 1)[0] !== '/graphql') return refuse('404 Not Found')
    if (!isOwnOrigin(request, allowedOrigins)) {
      logger.warn({ origin: request.headers.origin, code: 'FOREIGN_ORIGIN' }, 'Refused a socket of another site')
      return refuse('403 Forbidden')
    }
    if (clients.size >= SOCKETS) return refuse('503 Service Unavailable')
    sockets.handleUpgrade(request, socket, head, (upgraded) => open(upgraded, request))
  }
  http.on('upgrade', upgrade)

  const pings = setInterval(() => {
    for (const socket of clients.keys()) {
      if (answering.delete(socket)) socket.ping()
      else socket.terminate()
    }
  }, PING_MS)
  const checks = setInterval(() => {
    for (const client of clients.values()) client.check()
  }, CHECK_MS)

  return {
    async close() {
      http.off('upgrade', upgrade)
      clearInterval(pings)
      clearInterval(checks)
      await closeForRestart(clients.keys())
      sockets.close()
      endedSessions.rest()
      await given.hub.close()
    },
  }
}
