import { describe, expect, it, test } from '@jest/globals'
import type { Effect, JsonObject } from '@segue/workflow-engine'
import { NOW, problemsOf, runNode, type Outcome, type Surroundings } from '../testing/run-node.js'
import { httpCall } from './http-call.js'

const url = 'https://api.example.com/orders'

function deliveryOf({ result }: Outcome): (Effect & { kind: 'deliver' })['delivery'] | undefined {
  return result.effects.find((effect) => effect.kind === 'deliver')?.delivery
}

function requestOf(config: JsonObject, surroundings: Surroundings = {}): JsonObject | undefined {
  return deliveryOf(runNode(httpCall, { url, ...config }, surroundings))?.request
}

describe('HTTP call', () => {
  it('waits for the answer of its delivery', () => {
    const outcome = runNode(httpCall, { url, resource: 'shop', requiredConsents: [], timeoutSeconds: 5 })
    const request = { method: 'POST', url, headers: {}, body: null, timeoutMs: 5_000 }
    expect(deliveryOf(outcome)).toMatchObject({ transport: 'http', resource: 'shop', request, requiredConsents: [] })
    expect(deliveryOf(outcome)?.waitId).toBe(outcome.wait?.id)
    expect(outcome.wait?.awaits).toEqual({ kind: 'delivery', deliveryId: deliveryOf(outcome)?.id })
  })

  it('hands on the answer, or why there was none', () => {
    const outcome = runNode(httpCall, { url })
    const response = { status: 200, headers: {}, body: { ok: true } }
    expect(outcome.wake({ kind: 'answer', delivered: true, response })).toMatchObject({
      port: 'answered',
      output: response,
    })
    const error = { code: 'HTTP_STATUS', message: 'It answered 404.' }
    expect(outcome.wake({ kind: 'answer', delivered: false, error, response: { status: 404 } })).toMatchObject({
      port: 'refused',
      output: { ...error, response: { status: 404 } },
    })
  })

  it('goes on without the answer when told so', () => {
    const outcome = runNode(httpCall, { url, waitForAnswer: false }, { input: 7 })
    expect(outcome).toMatchObject({ port: 'queued', output: 7, wait: undefined })
    expect(deliveryOf(outcome)).toMatchObject({ waitId: null, request: { url } })
  })

  it('makes no second delivery when somebody does not want to wait for the answer', () => {
    const outcome = runNode(httpCall, { url }).wake({ kind: 'time' })
    expect(outcome).toMatchObject({ port: 'refused', output: { code: 'ANSWER_NOT_AWAITED' } })
    expect(outcome?.result.effects).toEqual([])
  })

  it('sends JSON, text, and headers', () => {
    const properties = { price: 4, name: 'Ä "lamp"' }
    const json = { kind: 'json', values: { price: { expr: 'event.properties.price' }, fixed: [1] } }
    expect(requestOf({ body: json }, { properties })).toMatchObject({
      headers: { 'content-type': 'application/json' },
      body: '{"price":4,"fixed":[1]}',
    })
    const text = { kind: 'text', text: '<{{ event.properties.name }}>', contentType: 'text/xml' }
    const headers = { 'X-Price': ' {{ event.properties.price }} ' }
    expect(requestOf({ method: 'PUT', body: text, headers }, { properties })).toMatchObject({
      method: 'PUT',
      headers: { 'content-type': 'text/xml', 'x-price': '4' },
      body: '<Ä "lamp">',
    })
  })

  it('escapes values in the address, so that they stay where they were put', () => {
    const properties = { id: '../../admin?x=1#y', half: '\ud800', full: 'https://other.example.com/' }
    const address = (template: string) => requestOf({ url: template }, { properties })?.['url']
    expect(address(`${url}/{{ event.properties.id }}/z`)).toBe(`${url}/..%2F..%2Fadmin%3Fx%3D1%23y/z`)
    expect(address(`${url}/{{ event.properties.id | downcase }}`)).toBe(`${url}/..%2F..%2Fadmin%3Fx%3D1%23y`)
    expect(address(`${url}/{{ event.properties.half }}`)).toBe(`${url}/%EF%BF%BD`)
    expect(address('{{ event.properties.full | raw }}')).toBe('https://other.example.com/')
  })

  test.each([
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '/orders',
    'https://',
    'https://user:secret@example.com',
    '{{ event.properties.missing }}',
    'https://example.com/{{ event.properties.long }}',
  ])('goes on at error for %.40s', (address) => {
    const outcome = runNode(httpCall, { url: address }, { properties: { long: 'x'.repeat(9_000) } })
    expect([outcome.port, outcome.output]).toMatchObject(['error', { code: expect.stringMatching(/BAD_URL/) }])
    expect(outcome.result.effects).toEqual([])
  })

  it('goes on at error for a header that would begin another one', () => {
    const config = { url, headers: { 'x-name': '{{ event.properties.name }}' } }
    for (const name of ['a\r\nHost: evil.example.com', 'a\nb', 'a\0b', '日本']) {
      expect(runNode(httpCall, config, { properties: { name } })).toMatchObject({
        port: 'error',
        output: { code: 'BAD_HEADER' },
      })
    }
  })

  it('refuses headers and bodies that cannot be sent', () => {
    expect(problemsOf(httpCall, { url, headers: { 'Transfer-Encoding': 'chunked' } })).toHaveLength(1)
    expect(problemsOf(httpCall, { url, headers: { 'a b': 'x' } })).toHaveLength(1)
    expect(problemsOf(httpCall, { url, method: 'GET', body: { kind: 'text', text: 'x' } })).toMatchObject([
      { path: 'body' },
    ])
    const body = { kind: 'text', text: 'x', contentType: 'text/plain\r\nx: y' }
    expect(problemsOf(httpCall, { url, body })).toMatchObject([{ path: 'body.contentType' }])
    expect(problemsOf(httpCall, { url, timeoutSeconds: 1_000 })).toMatchObject([{ path: 'timeoutSeconds' }])
  })
})

describe('What may leave', () => {
  const config = { url, requiredConsents: ['marketing'], channel: 'push' }
  const profile = { consents: { marketing: { grant: true } } }
  const decision = { allowed: false, code: 'QUIET_HOURS', message: 'It is night.' }

  it('needs the consents, and keeps the decision', () => {
    const outcome = runNode(httpCall, config, { input: 7 })
    expect(outcome).toMatchObject({ port: 'skipped', output: 7 })
    const step = outcome.result.steps.find(({ nodeId }) => nodeId === 'tested')
    expect(step?.decision).toMatchObject({ allowed: false, code: 'CONSENT_MISSING' })
    expect(outcome.result.effects).toEqual([])
  })

  it('counts as a contact of its channel', () => {
    const outcome = runNode(httpCall, config, { profile })
    expect(outcome.result.effects).toContainEqual(expect.objectContaining({ kind: 'contact', channel: 'push' }))
    expect(deliveryOf(outcome)?.requiredConsents).toEqual(['marketing'])
  })

  it('waits for the end of quiet hours, then asks for everything again', () => {
    const until = NOW + 1_000
    const outcome = runNode(httpCall, config, { profile, contact: { allowed: false, decision, until } })
    expect(outcome.wait).toMatchObject({ until, awaits: { kind: 'time' } })
    expect(outcome.result.effects).toEqual([])
    const later = outcome.wake({ kind: 'time' }, { now: until, contact: { allowed: true } })
    expect(later?.wait?.awaits.kind).toBe('delivery')
    const withdrawn = outcome.wake({ kind: 'time' }, { now: until, contact: { allowed: true }, profile: {} })
    expect(withdrawn?.port).toBe('skipped')
  })

  it('is skipped when it may never leave, and when the consent was withdrawn on the way', () => {
    const never = runNode(httpCall, config, { profile, contact: { allowed: false, decision, until: null }, input: 7 })
    expect(never).toMatchObject({ port: 'skipped', output: 7, wait: undefined })
    const error = { code: 'CONSENT_WITHDRAWN', message: 'x' }
    const outcome = runNode(httpCall, config, { profile, input: 7 })
    expect(outcome.wake({ kind: 'answer', delivered: false, error, response: null })).toMatchObject({
      port: 'skipped',
      output: 7,
    })
  })
})
