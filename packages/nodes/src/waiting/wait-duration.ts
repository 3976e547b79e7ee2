// Waits for a span of time.
import { z } from 'zod'
import { calculatedDuration, defineNode, park, port } from '../kit/index.js'

export const waitDuration = defineNode({
  type: 'wait.duration',
  title: 'Wait',
  group: 'Waiting',
  help: 'Goes on after a span of time. A day is 24 hours, also when the clocks are changed.',
  config: z.strictObject({ duration: calculatedDuration() }),
  ports: ['done', 'error'],
  waits: true,

  run({ config, data, input, now }) {
    const ms = config.duration(data)
    return ms === 0 ? port('done', input) : park({ until: now + ms, awaits: { kind: 'time' } })
  },

  wake({ input }) {
    return port('done', input)
  },
})
