// Answers the caller that waits for this event.
import { z } from 'zod'
import { defineNode, keyName, port, value } from '../kit/index.js'

export const respond = defineNode({
  type: 'response',
  title: 'Response',
  group: 'Output',
  help: 'Puts values into the answer that a synchronous source gets for this event. A later value replaces an earlier one.',
  config: z.strictObject({ values: z.record(keyName(), value()) }),
  ports: ['done', 'error'],

  run({ config, data, input, respond }) {
    // All are worked out before the first is given, so that a failing one leaves no half answer.
    const values = Object.entries(config.values).map(([key, value]) => [key, value(data)] as const)
    for (const [key, value] of values) respond(key, value)
    return port('done', input)
  },
})
