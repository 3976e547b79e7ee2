// Whom a server talks to at all, and whom it believes about others: networks in CIDR, IPv4 and IPv6.
import { networkList, type Logger } from '@segue/service'
import type { IncomingMessage, Server } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { z } from 'zod'

/** A set of networks. */
export interface Networks {
  /** Whether the address is in one of them. IPv4 written as IPv6 (`::ffff:10.0.0.1`) is IPv4. Undefined, as of a socket that is gone: no. */
  has(address: string | undefined): boolean
}

/** A variable that holds addresses and networks with commas between, as `10.0.0.0/8, fd00::/8, 192.0.2.7`. */
export const networks = (fallback: string): z.ZodType<Networks, string | undefined> =>
  networkList(fallback).transform(networksOf)

/** Peers that a gateway and its subgraphs take connections from: this machine, where nothing else is said. */
export const trustedNetworks = networks('127.0.0.0/8, ::1')

function networksOf(entries: readonly string[]): Networks {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return {
    has(address) {
      const plain = plainAddress(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

/** Without what only this machine says of it: the IPv6 coat of an IPv4 address, the interface of a link-local one. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}

/** Refusals are counted and said once in this time: whoever scans ports must not fill the log. */
const REPORT_MS = 60_000

/**
 * Closes connections of peers outside the networks before anything of theirs is read: whatever route, health included, and WebSockets too. A peer learns nothing;
 * the log names the last of them.
 */
export function refuseStrangers(server: Server, trusted: Networks, logger: Logger): void {
  let refused = 0
  let reported = -Infinity
  server.on('connection', (socket) => {
    if (trusted.has(socket.remoteAddress)) return
    const peer = socket.remoteAddress
    socket.destroy()
    refused += 1
    if (performance.now() - reported < REPORT_MS) return
    logger.warn({ peer, refused, code: 'NOT_TRUSTED_NETWORK' }, 'Refused a peer outside of SEGUE_TRUSTED_NETWORKS')
    reported = performance.now()
    refused = 0
  })
}

/**
 * Who asks: the peer, or when the peer is a proxy that is believed, the right-most address of `X-Forwarded-For` that is none of those proxies. What stands further
 * left anybody may have written.
 */
export function clientAddressOf({ socket, headers }: IncomingMessage, proxies: Networks): string {
  let client = plainAddress(socket.remoteAddress)
  const forwarded = headers['x-forwarded-for']
  // Most requests come without proxies; with several headers Node joins them with commas.
  if (forwarded === undefined || !proxies.has(client)) return client
  for (const entry of String(forwarded).split(',').reverse()) {
    const address = plainAddress(entry.trim())
    // A proxy that says nonsense is as far as can be seen.
    if (isIP(address) === 0) return client
    client = address
    if (!proxies.has(client)) return client
  }
  return client
}

/** Whether the client came by https, as a proxy that is believed says; the server itself speaks http only. */
export function cameByHttps({ socket, headers }: IncomingMessage, proxies: Networks): boolean {
  return proxies.has(socket.remoteAddress) && headers['x-forwarded-proto'] === 'https'
}
