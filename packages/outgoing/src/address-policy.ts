// Where connections may go: to public addresses, and to what is allowed by name. What was checked is what is connected to.
import { lookup as lookupAtSystem, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isNetwork } from './allowed-destinations.js'

/** Gives all addresses of a host name. Rejects with an error that has a `code`, such as ENOTFOUND. */
export type Resolve = (hostName: string) => Promise<LookupAddress[]>

/** Thrown, or given to who connects, instead of a connection. */
export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed'
  readonly code = 'ADDRESS_NOT_ALLOWED'
  constructor(host: string) {
    super(
      `${host} is, or leads to, an address inside a private, local or reserved network. Have its name or network added to SEGUE_OUTGOING_ALLOWED if that is meant.`,
    )
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/**
 * Decides for each address when it is about to be connected to. Names are resolved once, by `lookup`: whoever connects through it connects to an
 * address that was checked, whatever the name's owner answers next (DNS rebinding). Addresses in place of names never reach a look-up: ask `refuses` first.
 */
export class AddressPolicy {
  readonly #names: ReadonlySet<string>
  readonly #networks: readonly Network[]
  readonly #resolve: Resolve

  /** `allowed`: host names, whatever they lead to, and addresses or networks, by whatever name. */
  constructor(allowed: readonly string[], resolve: Resolve = resolveAtSystem) {
    this.#names = new Set(allowed.filter((entry) => !isNetwork(entry)).map(canonicalName))
    this.#networks = allowed.filter(isNetwork).map(networkOf)
    this.#resolve = resolve
  }

  /** Why a host cannot be connected to at all: it is an address, and not an allowed one. Undefined for names: `lookup` decides. */
  refuses(host: string): AddressNotAllowed | undefined {
    const address = host.replace(/^\[(.*)\]$/, '$1')
    return isIP(address) !== 0 && !this.allows(address) ? new AddressNotAllowed(host) : undefined
  }

  /** Whether an address may be connected to. */
  allows(text: string): boolean {
    // An IPv6 zone names an interface of this machine: never outside.
    if (!ipaddr.isValid(text) || text.includes('%')) return false
    const address = ipaddr.process(text)
    return this.#networks.some((network) => isIn(address, network)) || isPublic(address)
  }

  /** For `net.connect` and `tls.connect`: the allowed ones among the addresses of a name. */
  readonly lookup: LookupFunction = (hostName, options, callback) => {
    this.#addressesOf(hostName, options.family).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) callback(null, addresses)
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }

  async #addressesOf(hostName: string, family: unknown): Promise<LookupAddress[]> {
    const found = (await this.#resolve(hostName)).filter(
      (one) => (family !== 4 && family !== 6) || one.family === family,
    )
    const allowed = this.#names.has(canonicalName(hostName))
      ? found
      : found.filter(({ address }) => this.allows(address))
    if (found.length === 0) throw Object.assign(new Error(`${hostName} has no address.`), { code: 'ENOTFOUND' })
    if (allowed.length === 0) throw new AddressNotAllowed(hostName)
    return allowed
  }
}

/** RFC 6052; the RFC's prefix for networks of one's own, 64:ff9b:1::/48, leads where nobody outside can say. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
/** The only part of IPv6 that is given out for the internet: https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether an address is one of the internet's. Of addresses that carry another one, that one counts. */
function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast'
  const bytes = address.toByteArray()
  if (address.match(NAT64)) return isPublic(new ipaddr.IPv4(bytes.slice(12)))
  if (address.range() === '6to4') return isPublic(new ipaddr.IPv4(bytes.slice(2, 6)))
  return address.range() === 'unicast' && address.match(GLOBAL_UNICAST)
}

function isIn(address: Address, [network, bits]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

function networkOf(entry: string): Network {
  if (entry.includes('/')) return ipaddr.parseCIDR(entry)
  const address = ipaddr.process(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function canonicalName(hostName: string): string {
  return hostName.toLowerCase().replace(/\.$/, '')
}

function resolveAtSystem(hostName: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookupAtSystem(hostName, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)))
  })
}
