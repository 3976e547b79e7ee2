import { describe, expect, it, test } from '@jest/globals'
import type { JsonObject } from '@segue/workflow-engine'
import { problemsOf, runNode, type Surroundings } from '../testing/run-node.js'
import { mailSend } from './mail-send.js'

const config = { resource: 'smtp', from: 'Shop <shop@example.com>', subject: 'Hello', text: 'Hi' }
const profile = {
  data: { contact: { email: { main: 'ada@example.com' } } },
  traits: { name: '<b>Ada</b> & "Co"', lines: 'a\r\nBcc: eve@example.com' },
}

function requestOf(more: JsonObject, surroundings: Surroundings = {}): JsonObject | undefined {
  const { result } = runNode(mailSend, { ...config, ...more }, { profile, ...surroundings })
  return result.effects.find((effect) => effect.kind === 'deliver')?.delivery.request
}

describe('Send mail', () => {
  it('writes to the main address of the profile, and waits until it is sent', () => {
    const outcome = runNode(mailSend, config, { profile })
    expect(outcome.wait?.awaits.kind).toBe('delivery')
    expect(outcome.result.effects).toMatchObject([
      {
        kind: 'deliver',
        delivery: {
          transport: 'mail',
          resource: 'smtp',
          request: {
            from: { name: 'Shop', address: 'shop@example.com' },
            to: { name: '', address: 'ada@example.com' },
            subject: 'Hello',
            text: 'Hi',
          },
        },
      },
      { kind: 'contact', channel: 'mail' },
    ])
    const response = { messageId: 'm1' }
    expect(outcome.wake({ kind: 'answer', delivered: true, response })).toMatchObject({
      port: 'sent',
      output: response,
    })
  })

  it('writes to another address, with one for answers', () => {
    const more = { to: 'Bob <bob@example.com>', replyTo: 'help@example.com' }
    expect(requestOf(more)).toMatchObject({
      to: { name: 'Bob', address: 'bob@example.com' },
      replyTo: { name: '', address: 'help@example.com' },
    })
  })

  it('escapes values in HTML, and nothing in texts', () => {
    const more = { text: 'Hi {{ profile.traits.name }}', html: '<p title="{{ profile.traits.name }}">Hi</p>' }
    expect(requestOf(more)).toMatchObject({
      text: 'Hi <b>Ada</b> & "Co"',
      html: '<p title="&lt;b&gt;Ada&lt;/b&gt; &amp; &#34;Co&#34;">Hi</p>',
    })
    const full = '{% if true %}{{ profile.traits.name | append: "!" }}{{ profile.traits.name | raw }}{% endif %}'
    expect(requestOf({ html: full })).toMatchObject({
      html: '&lt;b&gt;Ada&lt;/b&gt; &amp; &#34;Co&#34;!<b>Ada</b> & "Co"',
    })
  })

  it('lets no line break into a header', () => {
    expect(requestOf({ subject: 'Hi {{ profile.traits.lines }}\n' })).toMatchObject({
      subject: 'Hi a Bcc: eve@example.com',
    })
    expect(requestOf({ from: '{{ profile.traits.lines }} <shop@example.com>' })).toMatchObject({
      from: { name: 'a Bcc: eve@example.com', address: 'shop@example.com' },
    })
  })

  test.each([
    'nobody',
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com>, <eve@example.com',
    'Ada <ada@example.com> <eve@example.com>',
    '<ada@example.com',
    '@example.com',
    'ada@',
    `${'a'.repeat(5_000)}@example.com`,
    '',
  ])('goes on at error for the address %.40j', (address) => {
    const outcome = runNode(mailSend, { ...config, to: '{{ event.properties.to }}' }, { properties: { to: address } })
    expect(outcome).toMatchObject({ port: 'error', output: { code: 'BAD_ADDRESS' } })
    expect(outcome.result.effects).toEqual([])
  })

  it('goes on at error when the profile has no address', () => {
    expect(runNode(mailSend, config)).toMatchObject({ port: 'error', output: { code: 'NO_ADDRESS' } })
    const several = { data: { contact: { email: { main: 'a@example.com,b@example.com' } } } }
    expect(runNode(mailSend, config, { profile: several })).toMatchObject({ output: { code: 'BAD_ADDRESS' } })
  })

  it('refuses a mail without content', () => {
    const { text: _, ...empty } = config
    expect(problemsOf(mailSend, empty)).toMatchObject([{ path: 'text' }])
    expect(problemsOf(mailSend, { ...empty, html: '<p>' })).toEqual([])
    expect(problemsOf(mailSend, { ...config, html: 'x'.repeat(90_000) })).toEqual([])
    expect(problemsOf(mailSend, { ...config, html: 'x'.repeat(110_000) })).toMatchObject([{ path: 'html' }])
  })
})
