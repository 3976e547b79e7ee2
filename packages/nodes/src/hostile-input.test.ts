import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '@segue/workflow-engine'
import { coreNodes } from './index.js'
import { NOW, runNode } from './testing/run-node.js'

const ID = '0199a000-0000-7000-8000-0000000000aa'
const text = '{{ event.properties.a }}{{ profile.traits.a | upcase }}{% for x in input %}{{ x.b }}{% endfor %}'
const anything = { expr: 'event.properties.a' }

/** A configuration of each node that reads what comes from outside wherever it can. */
const CONFIGS: Record<string, JsonObject> = {
  start: {},
  end: {},
  if: { condition: 'event.properties.a > profile.traits.a' },
  switch: { cases: [{ name: 'a', condition: 'event.properties.a.exists(x, x == input)' }] },
  join: {},
  split: { branches: [{ name: 'a' }, { name: 'b' }] },
  throw: { message: text },
  'wait.duration': { duration: anything },
  'wait.until': { time: anything },
  'wait.window': { from: '09:00', to: '17:00' },
  'wait.event': {
    eventType: 'x',
    timeout: '1h',
    match: [{ arrived: 'properties.a', started: 'event.properties.a' }],
    condition: 'arrived.properties.a > 1',
  },
  'wait.segment': { segmentId: ID, timeout: '1h' },
  once: { key: anything },
  limit: { most: 1, per: '1h', key: anything },
  'profile.set': { fields: [{ field: 'traits.b', value: anything }] },
  'profile.copy': { fields: [{ from: 'event.properties.a', to: 'traits.a.b' }] },
  'profile.increment': { field: 'traits.a', amount: anything },
  'profile.append': { field: 'traits.a', value: anything },
  emit: { eventType: 'x', properties: { a: anything } },
  'workflow.run': { workflowId: ID, input: { a: anything } },
  'http.call': {
    url: 'https://example.com/{{ event.properties.a }}',
    headers: { a: text },
    body: { kind: 'json', values: { a: anything } },
  },
  'mail.send': { resource: 'smtp', to: text, from: 'a@example.com', subject: text, html: text },
  log: { message: text },
  response: { values: { a: anything } },
}

/** Runs a node with a value everywhere, and wakes it with the value when it waits. The codes of what failed. */
function codesWith(type: string, value: JsonValue): (string | undefined)[] {
  const node = coreNodes.find((one) => one.type === type)
  if (!node) throw new Error(`No node ${type}`)
  const profile = { traits: { a: value }, data: { contact: { email: { main: value } } }, segments: value }
  const outcome = runNode(node, CONFIGS[type] ?? {}, { profile, properties: { a: value }, input: value })
  const arrived = { id: 'e2', type: 'x', properties: { a: value }, occurredAt: new Date(NOW) }
  const woken = outcome.wait && outcome.wake({ kind: 'event', event: arrived })
  return [outcome.result.error?.code, woken?.result.error?.code]
}

describe('Input from outside', () => {
  it('is tried on every node', () => {
    expect(Object.keys(CONFIGS).sort()).toEqual(coreNodes.map(({ type }) => type).sort())
  })

  test.each(Object.keys(CONFIGS))('never breaks %s', (type) => {
    const odd = fc.constantFrom<JsonValue>(
      '__proto__',
      '\ud800',
      '\r\n',
      '{{ x }}',
      1e308,
      -0,
      { length: 5 },
      { constructor: { prototype: 1 } },
      { toString: 1, valueOf: 2, then: 3 },
      { __proto__: null, a: [[[[]]]] },
    )
    const value = fc.oneof(fc.jsonValue({ depthSize: 'small' }) as fc.Arbitrary<JsonValue>, odd)
    fc.assert(
      fc.property(value, (found) => {
        expect(codesWith(type, found)).not.toContain('NODE_CRASHED')
      }),
      { numRuns: 25 },
    )
  })

  test.each(Object.keys(CONFIGS))('that is huge ends a run of %s at most, within its time', (type) => {
    // The collector lets in less.
    const deep = Array.from({ length: 200 }).reduce<JsonValue>((inner) => [inner], 1)
    const huge: JsonValue[] = ['x'.repeat(2_000_000), Array.from({ length: 100_000 }, (_, index) => index), deep]
    for (const value of huge) {
      const begun = performance.now()
      expect(codesWith(type, value)).not.toContain('NODE_CRASHED')
      // Templates and conditions have limits of tens of milliseconds; ten times that is for a busy machine.
      expect(performance.now() - begun).toBeLessThan(2_000)
    }
  })
})
