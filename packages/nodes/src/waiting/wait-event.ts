// Waits for an event of the profile, such as the checkout of the same cart.
import { z } from 'zod'
import { isDeepStrictEqual } from 'node:util'
import { parsePath, readPath, type JsonObject, type JsonValue, type Run, type RunEvent } from '@segue/workflow-engine'
import { condition, dataField, defineNode, duration, eventType, KEEP_WAITING, park, port, value } from '../kit/index.js'

/** More than anyone compares; a fact that holds of no event ends by the timeout all the same. */
const MOST_MATCHES = 10

export const waitEvent = defineNode({
  type: 'wait.event',
  title: 'Wait for event',
  group: 'Waiting',
  help: 'Goes on at "arrived" with an event of the profile that matches what was known when the wait began, or at "timeout". One that arrived between the start of the run and the wait counts, too.',
  config: z.strictObject({
    eventType: eventType(),
    timeout: duration().meta({ title: 'At most' }),
    match: z
      .array(
        z.strictObject({
          arrived: eventPath(),
          started: z
            .union([dataField(), z.strictObject({ value: value() }).meta({ title: 'A value' })])
            .meta({ title: 'Is the same as' }),
        }),
      )
      .max(MOST_MATCHES)
      .default([])
      .meta({ title: 'Matches' }),
    condition: condition(['arrived']).optional(),
    lookBack: z
      .enum(['since-start', 'none'])
      .default('since-start')
      .meta({ title: 'Counts events that came before the wait' }),
  }),
  ports: ['arrived', 'timeout'],
  waits: true,
  awaitsEvents: ({ eventType }) => eventType,

  run(run) {
    const { config, profile, data, log, now } = run
    const wanted = config.match.map(({ started }): JsonValue => {
      return ('value' in started ? started.value(data) : started.read(profile, data)) ?? null
    })
    const absent = config.match.filter((_, index) => wanted[index] === null).map(({ arrived }) => arrived.text)
    if (absent.length > 0) log('warning', `No event will match: nothing is there to compare with ${absent.join(', ')}.`)
    return park({
      until: now + config.timeout,
      awaits: { kind: 'event', eventType: config.eventType, lookBackTo: lookBackTo(run) },
      memo: wanted,
    })
  },

  wake(wake) {
    const { cause, config, data, event, input, memo } = wake
    if (cause.kind !== 'event') return port('timeout', input)
    const { event: arrived } = cause
    if (arrived.type !== config.eventType || arrived.id === event?.id) return KEEP_WAITING
    // The same event gives the same outcome, whether it arrives before the wait begins or, late, after that.
    if (arrived.occurredAt.getTime() < (lookBackTo(wake) ?? -Infinity)) return KEEP_WAITING
    const wanted = Array.isArray(memo) ? memo : []
    const matches = config.match.every(({ arrived: path }, index) => same(readPath(arrived, path.names), wanted[index]))
    if (!matches || config.condition?.evaluate(data) === false) return KEEP_WAITING
    return port('arrived', asJson(arrived))
  },
})

/** Since when events count. */
function lookBackTo({ config, event, startedAt }: Run<{ lookBack: 'since-start' | 'none' }>): number | null {
  return config.lookBack === 'none' ? null : (event?.occurredAt.getTime() ?? startedAt)
}

/** A field of the arriving event, such as `properties.cartId`. */
function eventPath() {
  return z
    .string()
    .meta({ format: 'event-field', title: 'Field of the event', examples: ['properties.cartId'] })
    .transform((text, context) => {
      const path = parsePath(text)
      if (typeof path !== 'string') return path
      context.issues.push({ code: 'custom', message: path, input: text })
      return z.NEVER
    })
}

/** Nothing is the same as what is absent. */
function same(found: unknown, wanted: JsonValue | undefined): boolean {
  if (wanted === undefined || wanted === null) return false
  return isDeepStrictEqual(found instanceof Date ? found.toISOString() : found, wanted)
}

function asJson({ id, type, properties, occurredAt }: RunEvent): JsonObject {
  return { id, type, properties, occurredAt: occurredAt.toISOString() }
}
