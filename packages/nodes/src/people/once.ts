// Lets each profile pass once.
import { z } from 'zod'
import { defineNode, duration, keyText, port, value } from '../kit/index.js'

export const once = defineNode({
  type: 'once',
  title: 'Once per profile',
  group: 'People',
  help: 'Goes on at "first" when the profile comes here for the first time, or for the first time in the period, else at "again".',
  config: z.strictObject({
    period: duration().optional().meta({ title: 'Again after' }),
    key: value().optional().meta({ title: 'Once for each' }),
  }),
  ports: ['first', 'again', 'error'],
  remembers: true,

  run({ config, data, input, now, recall, remember }) {
    const key = config.key ? keyText(config.key(data)) : ''
    const { period } = config
    if (recall(key).some((time) => period === undefined || time > now - period)) return port('again', input)
    remember(key, [now], period === undefined ? null : now + period)
    return port('first', input)
  },
})
