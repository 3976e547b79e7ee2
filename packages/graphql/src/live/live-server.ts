// Subscriptions over graphql-ws, on the port and path of the other operations. A socket is a gateway's and carries those of many accounts.
import { useServer } from 'graphql-ws/use/ws'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { TokenVerifier } from '../access-token.js'
import { NotSignedIn, SessionEnded, TokenExpired } from '../errors.js'
import type { SignatureCheck } from '../gateway-signature.js'
import type { RightsCheck } from '../needed-rights.js'
import type { Revocations } from '../revocations.js'
import { closeForRestart } from './close-for-restart.js'
import { LiveHub, type LiveHubOptions, type LiveRequest } from './live-hub.js'
import { createOperationReader, readVariables } from './live-operation.js'
import { checkConnection, checkSubscription } from './live-signature.js'
import type { Subscriber } from './subscriber.js'

/** A subscription's document and variables; what HTTP takes is no more. */
const MESSAGE_LIMIT = 1024 * 1024
/** A gateway that does not answer a ping within this time, or take what it is sent, is gone. */
const KEEP_ALIVE_MS = 12_000

export interface LiveServerOptions extends Omit<LiveHubOptions, 'refusalOf'> {
  verify: TokenVerifier
  revocations: Pick<Revocations, 'isRevoked' | 'refuseRevoked'>
  check: SignatureCheck
  refusalOf: RightsCheck
}

export interface LiveServer {
  hub: LiveHub
  /** Ends all subscriptions, and tells the gateways to come again. */
  close(): Promise<void>
}

/** Serves subscriptions on the HTTP server. */
export function serveSubscriptions(http: Server, options: LiveServerOptions): LiveServer {
  const { schema, check, verify, revocations, logger, present } = options
  const hub = new LiveHub({
    ...options,
    refusalOf: (account) => {
      if (revocations.isRevoked(account)) return present(SessionEnded(), '')
      return account.expiresAt <= Date.now() ? present(TokenExpired(), '') : undefined
    },
  })
  const read = createOperationReader(schema)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT })

  const requestOf = async (payload: Parameters<typeof checkSubscription>[1]): Promise<LiveRequest> => {
    const { authorization, requestId } = checkSubscription(check, payload)
    const account = await verify(authorization || undefined)
    if (!account) throw NotSignedIn()
    revocations.refuseRevoked(account)
    const operation = read(payload)
    const refusal = options.refusalOf(account, operation.document, operation.operationName)
    if (refusal) throw refusal
    const variables = readVariables(schema, operation, payload)
    return { operation, variables: payload.variables ?? {}, after: operation.afterOf(variables), account, requestId }
  }
  const subscribers = new WeakMap<object, Subscriber>()

  useServer(
    {
      // Its own messages on what went wrong inside are for developers.
      isProd: true,
      onConnect: ({ connectionParams }) => {
        try {
          checkConnection(check, connectionParams)
          return true
        } catch {
          logger.warn('A socket that no gateway of this environment opened was refused')
          return false
        }
      },
      onSubscribe: async (_socket, _id, payload) => {
        try {
          const request = await requestOf(payload)
          const { document, operationName } = request.operation
          const operation = { schema, document, ...(operationName === undefined ? {} : { operationName }) }
          subscribers.set(operation, await hub.subscribe(request))
          return operation
        } catch (error) {
          return [present(error, String(payload.extensions?.['requestId'] ?? ''))]
        }
      },
      subscribe: (operation: object) => {
        const subscriber = subscribers.get(operation)
        if (!subscriber) throw new Error('A subscription that was not begun.')
        return subscriber
      },
    },
    sockets,
    KEEP_ALIVE_MS,
  )

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (request.url?.split('?', 1)[0] !== '/graphql') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (upgraded) => sockets.emit('connection', upgraded, request))
  }
  http.on('upgrade', upgrade)

  return {
    hub,
    async close() {
      http.off('upgrade', upgrade)
      await closeForRestart(sockets.clients)
      sockets.close()
      await hub.close()
    },
  }
}
