import { describe, expect, test } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import { cameByHttps, clientAddressOf, networks, type Networks } from './trusted-networks.js'

const read = (list: string): Networks => networks('').parse(list)

describe('networks', () => {
  test.each([
    ['10.0.0.0/8', '10.200.3.4', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:11.1.2.3', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['fd00::/8', 'fd12:3456::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['127.0.0.0/8, ::1', '::1', true],
    ['127.0.0.0/8, ::1', '127.3.2.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/8', 'nonsense', false],
    ['', '127.0.0.1', false],
  ])('%s has %s: %s', (list, address, expected) => {
    expect(read(list).has(address)).toBe(expected)
  })

  test('have no peer that is gone already', () => {
    expect(read('0.0.0.0/0, ::/0').has(undefined)).toBe(false)
  })

  test.each(['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'localhost', '10.0.0.0/8/8', '10.0.0.0/-1'])(
    '%s is none',
    (list) => {
      expect(networks('').safeParse(list).success).toBe(false)
    },
  )
})

describe('the client of a request', () => {
  const request = (peer: string, headers: Record<string, string>): IncomingMessage =>
    ({ socket: { remoteAddress: peer }, headers }) as unknown as IncomingMessage
  const proxies = read('10.0.0.0/8, ::1')

  test.each([
    ['203.0.113.9', undefined, '203.0.113.9', 'without a proxy, the peer'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9', 'whatever a peer says that is no proxy'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1', 'as a proxy says'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1', 'as a proxy says whose IPv4 comes as IPv6'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1', 'not what the client wrote itself'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 10.0.0.2', '198.51.100.1', 'through several proxies'],
    ['10.0.0.1', '10.0.0.9, 10.0.0.2', '10.0.0.9', 'a machine of ours'],
    ['10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1', 'as far as can be seen'],
    ['10.0.0.1', '2001:db8::1', '2001:db8::1', 'over IPv6'],
  ] as [string, string | undefined, string, string][])(
    'peer %s, forwarded for %s: %s (%s)',
    (peer, forwarded, expected) => {
      expect(
        clientAddressOf(request(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }), proxies),
      ).toBe(expected)
    },
  )

  test('came by https when a proxy says so, and nobody else', () => {
    const headers = { 'x-forwarded-proto': 'https' }
    expect(cameByHttps(request('10.0.0.1', headers), proxies)).toBe(true)
    expect(cameByHttps(request('203.0.113.9', headers), proxies)).toBe(false)
    expect(cameByHttps(request('10.0.0.1', {}), proxies)).toBe(false)
  })
})
