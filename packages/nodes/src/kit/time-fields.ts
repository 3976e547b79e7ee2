// Spans of time and times of day in configurations.
import { z } from 'zod'
import { parseDuration } from '@segue/conditions'
import { nodeError, type RunData } from '@segue/workflow-engine'
import { calculated, refuse } from './fields.js'
import { wrongKind } from './kind-of.js'

/** Ten years in milliseconds. What waits longer than a workflow lives is a mistake, such as milliseconds taken for seconds. */
const LONGEST = 3_653 * 86_400_000

const NotADuration = nodeError<{ found: string }>(
  'NOT_A_DURATION',
  'The duration turned out to be {found}. It takes seconds, or a text such as 3d or 1h30m, of at most ten years.',
)

/** A span of time such as `3d`, `1h30m` or `90s` (w d h m s ms; a day is 24 hours); `config.x` is milliseconds. */
export function duration() {
  return z
    .string()
    .meta({ format: 'duration', title: 'Duration', examples: ['3d', '2h', '1h30m'] })
    .transform((text, context): number => {
      const ms = milliseconds(text)
      if (ms === undefined || ms <= 0)
        return refuse(context, 'Write a duration such as 3d, 2h or 1h30m, of at most ten years.')
      return ms
    })
}

/** As `duration`, or `{"expr": "CEL"}` that gives seconds, a duration or its text; `config.x(data)` is milliseconds, at least 0. */
export function calculatedDuration() {
  return z
    .union([
      duration(),
      z.strictObject({ expr: z.string().meta({ format: 'cel' }) }).meta({ title: 'Calculated (CEL)' }),
    ])
    .meta({ title: 'Duration' })
    .transform((source, context): ((data: RunData) => number) => {
      if (typeof source === 'number') return () => source
      const evaluate = calculated(source.expr, context)
      return (data) => {
        const found = evaluate(data)
        const ms =
          typeof found === 'number' ? found * 1_000 : typeof found === 'string' ? milliseconds(found) : undefined
        if (ms === undefined || ms > LONGEST)
          throw NotADuration({ found: ms === undefined ? wrongKind(found) : 'too long' })
        return Math.max(0, Math.round(ms))
      }
    })
}

function milliseconds(text: string): number | undefined {
  const ms = parseDuration(text)?.ms
  return ms === undefined || Math.abs(ms) > LONGEST ? undefined : Math.round(ms)
}

/** A time of day, such as `09:00`; `config.x` is minutes since midnight. */
export function timeOfDay() {
  return z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Write a time of day such as 09:00 or 17:30.')
    .meta({ format: 'time-of-day', examples: ['09:00'] })
    .transform(minutesOfDay)
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOfDay(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))
}
