// Waits for hours on days of the week.
import { z } from 'zod'
import type { Run, Step } from '@segue/workflow-engine'
import { defineNode, nextWithin, nodeError, park, port, timeOfDay, type Hours } from '../kit/index.js'

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const NeverOpens = nodeError<Record<string, never>>(
  'WINDOW_NEVER_OPENS',
  'The window does not open within two weeks in the time zone of the profile. Choose more days or other hours.',
)

export const waitWindow = defineNode({
  type: 'wait.window',
  title: 'Wait for a window',
  group: 'Waiting',
  help: 'Goes on at once within the hours, else when they begin next, in the time zone of the profile, or of the workflow when that is not known. Hours that end before they begin last over midnight.',
  config: z.strictObject({
    weekdays: z
      .array(z.enum(DAYS))
      .min(1)
      .default([...DAYS])
      .meta({ title: 'Days', uniqueItems: true })
      .transform((days) => new Set(days.map((day) => DAYS.indexOf(day) + 1))),
    from: timeOfDay(),
    to: timeOfDay(),
  }),
  ports: ['done', 'error'],
  waits: true,

  run: waitUntilOpen,

  wake(wake) {
    // Woken before its time, somebody did not want to wait. Woken late, the window may be over.
    return wake.until !== null && wake.now < wake.until ? port('done', wake.input) : waitUntilOpen(wake)
  },
})

function waitUntilOpen({ config, input, now, timeZone }: Run<Hours>): Step {
  const next = nextWithin(now, config, timeZone)
  if (next === null) return port('error', NeverOpens({}))
  return next <= now ? port('done', input) : park({ until: next, awaits: { kind: 'time' } })
}
