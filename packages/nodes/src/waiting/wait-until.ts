// Waits until a moment.
import { z } from 'zod'
import {
  defineNode,
  minutesOfDay,
  momentOfText,
  nextMomentOfDay,
  nodeError,
  park,
  port,
  value,
  wrongKind,
} from '../kit/index.js'

/** Where the database's calendar ends, the year 10000. */
const END_OF_TIME = Date.UTC(10_000, 0)

const NotATime = nodeError<{ found: string }>(
  'NOT_A_TIME',
  'The time to wait for turned out to be {found}. It takes a date, a date and time, a time of day such as 09:00, or seconds since 1970.',
)

export const waitUntil = defineNode({
  type: 'wait.until',
  title: 'Wait until',
  group: 'Waiting',
  help: 'Goes on at a moment, at once when it is past. Without a zone it is in the time zone of the profile. A time of day, such as 09:00, is the next one.',
  config: z.strictObject({ time: value().meta({ title: 'Time', examples: ['09:00', '2026-12-24T18:00'] }) }),
  ports: ['done', 'error'],
  waits: true,

  run({ config, data, input, now, timeZone }) {
    const time = config.time(data)
    const until = momentOf(time, now, timeZone)
    if (until === undefined || until >= END_OF_TIME) return port('error', NotATime({ found: wrongKind(time) }))
    return until <= now ? port('done', input) : park({ until, awaits: { kind: 'time' } })
  },

  wake({ input }) {
    return port('done', input)
  },
})

function momentOf(time: unknown, now: number, timeZone: string): number | undefined {
  if (typeof time === 'number') return Number.isFinite(time) ? Math.round(time * 1_000) : undefined
  if (typeof time !== 'string') return undefined
  const text = time.trim()
  if (/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return nextMomentOfDay(now, minutesOfDay(text), timeZone)
  return momentOfText(text, timeZone)
}
