// Where connections may go.
import { afterEach, expect, test } from '@jest/globals'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { AddressPolicy, allowedDestinations, createHttpTransport, createMailTransport, type Outcome } from './index.js'

const strict = new AddressPolicy([])
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
  // A public IPv4 address as networks that speak only IPv6 write it.
  '64:ff9b::808:808',
  '2002:808:808::1',
])('%s is an address of the internet', (address) => {
  expect(strict.allows(address)).toBe(true)
})

test.each([
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['this host', '0.0.0.0', '0.1.2.3', '::'],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ['link-local, with the metadata of clouds', '169.254.169.254', 'fe80::1', 'fe80::1%eth0'],
  ['carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
  ['unique-local and site-local', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
  ['multicast and broadcast', '224.0.0.1', '239.1.1.1', 'ff02::1', '255.255.255.255'],
  ['reserved', '192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '192.88.99.1'],
  ['reserved in IPv6', '2001:db8::1', '3fff::1', '5f00::1', '100::1', '4000::1', '2001::1'],
  ['IPv4 inside IPv6', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::127.0.0.1', '::10.0.0.1'],
  ['NAT64', '64:ff9b::7f00:1', '64:ff9b::a00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::808:808'],
  ['6to4 and Teredo', '2002:7f00:1::', '2002:a00:1::1', '2002:c0a8:101::', '2001:0:7f00:1::'],
  ['no address in its usual form', '', 'localhost', '127.1', '0x7f.1', '2130706433', '0177.0.0.1'],
])('%s is not', (_, ...addresses) => {
  expect(addresses.filter((address) => strict.allows(address))).toEqual([])
})

test('a network that is allowed by its range is allowed, and its neighbours are not', () => {
  const policy = new AddressPolicy(['10.1.0.0/16', 'fd00:1::/32', '192.168.7.9'])
  expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5', '192.168.7.9'].map((one) => policy.allows(one))).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['10.2.0.1', 'fd00:2::5', '192.168.7.10', '127.0.0.1'].map((one) => policy.allows(one))).toEqual([
    false,
    false,
    false,
    false,
  ])
})

test.each(['crm.internal', '10.0.0.0/8', '::1', 'fd00::/8', 'crm.internal, 10.1.2.3', ''])(
  '"%s" can be configured',
  (list) => {
    expect(allowedDestinations().safeParse(list).success).toBe(true)
  },
)

test.each(['http://crm', '10.0.0.0/33', '10.0.0', '127.1', '0x7f.0.0.1', 'a b', '*.internal', 'crm:80'])(
  '"%s" cannot',
  (list) => {
    expect(allowedDestinations().safeParse(list).success).toBe(false)
  },
)

/** What a transport makes of a call to that URL. */
async function call(policy: AddressPolicy, url: string): Promise<Outcome> {
  const transport = createHttpTransport(policy)
  const request = { method: 'GET', url, headers: {}, body: null, timeoutMs: 3000 }
  const outcome = await transport.send(request, null, { idempotencyKey: 'k', signal: new AbortController().signal })
  await transport.close()
  return outcome
}

const codeOf = (outcome: Outcome): string => (outcome.kind === 'delivered' ? 'DELIVERED' : outcome.reason.code)

async function listening(): Promise<{ port: number; connections: () => number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

test.each([
  '127.0.0.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127.0.0.1.',
  'localhost',
  'LOCALHOST',
])('however an address of this machine is written, as in http://%s, it is not connected to', async (host) => {
  const server = await listening()
  expect(codeOf(await call(strict, `http://${host}:${server.port}/`))).toBe('ADDRESS_NOT_ALLOWED')
  expect(server.connections()).toBe(0)
})

test('a name that is allowed is called wherever it leads; another name for the same address is not', async () => {
  const server = await listening()
  const local = async () => [{ address: '127.0.0.1', family: 4 }]
  const policy = new AddressPolicy(['crm.internal'], local)
  expect(codeOf(await call(policy, `http://CRM.internal:${server.port}/`))).toBe('DELIVERED')
  expect(codeOf(await call(policy, `http://other.internal:${server.port}/`))).toBe('ADDRESS_NOT_ALLOWED')
})

test('a name is looked up once: what its owner answers next (DNS rebinding) leads nowhere', async () => {
  const server = await listening()
  const answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '10.0.0.1', family: 4 }]]
  let asked = 0
  // The first answer is allowed here, the next one is not; were there a second look-up, it would be the one that counts.
  const policy = new AddressPolicy(['127.0.0.1'], async () => answers[Math.min(asked++, 1)] ?? [])
  expect(codeOf(await call(policy, `http://rebinding.example:${server.port}/`))).toBe('DELIVERED')
  expect(asked).toBe(1)
  expect(codeOf(await call(policy, `http://rebinding.example:${server.port}/`))).toBe('ADDRESS_NOT_ALLOWED')
})

test('of several answers only allowed ones are connected to', async () => {
  const server = await listening()
  const answers = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  expect(
    codeOf(await call(new AddressPolicy(['127.0.0.1'], async () => answers), `http://mixed.example:${server.port}/`)),
  ).toBe('DELIVERED')
})

test('a mail server is found by the same rules', async () => {
  const server = await listening()
  const transport = createMailTransport(new AddressPolicy([]))
  const request = { from: { address: 'a@example.com' }, to: { address: 'b@example.com' }, subject: 's', text: 't' }
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '::1']) {
    const resource = { id: 'mail', revision: host, settings: { host, port: server.port, tls: 'none' }, secret: null }
    const outcome = await transport.send(request, resource, {
      idempotencyKey: 'k',
      signal: new AbortController().signal,
    })
    expect(codeOf(outcome)).toBe('ADDRESS_NOT_ALLOWED')
  }
  expect(server.connections()).toBe(0)
  await transport.close()
})
