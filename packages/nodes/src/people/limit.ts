// Lets so many runs pass in a period.
import { z } from 'zod'
import { defineNode, duration, keyText, park, port, value } from '../kit/index.js'

/** The times are kept with the profile. */
const MOST_FOR_A_PROFILE = 1_000

export const limit = defineNode({
  type: 'limit',
  title: 'Rate limiter',
  group: 'People',
  help: 'Lets at most so many pass in a period. For each profile, the rest goes on at "over". For everybody, the rest waits for its turn, evenly spread.',
  config: z
    .strictObject({
      most: z.int().min(1).max(1_000_000).meta({ title: 'At most' }),
      per: duration().meta({ title: 'In' }),
      scope: z.enum(['profile', 'everybody']).default('profile').meta({ title: 'Counted for' }),
      key: value().optional().meta({ title: 'Counted apart for each' }),
    })
    .refine(({ most, scope }) => scope === 'everybody' || most <= MOST_FOR_A_PROFILE, {
      message: `For each profile it is at most ${MOST_FOR_A_PROFILE}.`,
      path: ['most'],
    }),
  ports: ({ scope }) => (scope === 'profile' ? ['passed', 'over', 'error'] : ['passed', 'error']),
  waits: true,
  remembers: true,

  run({ config, data, input, now, recall, remember }) {
    const key = config.key ? keyText(config.key(data)) : ''
    if (config.scope === 'everybody') {
      return park({ until: null, awaits: { kind: 'slot', key, limit: config.most, periodMs: config.per } })
    }
    const recent = recall(key).filter((time) => time > now - config.per)
    if (recent.length >= config.most) return port('over', input)
    remember(key, [...recent, now], now + config.per)
    return port('passed', input)
  },

  wake({ input }) {
    return port('passed', input)
  },
})
