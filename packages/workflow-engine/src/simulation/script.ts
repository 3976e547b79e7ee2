// What happens to a person while a simulated run waits, as it is written in test files and sent to the API.
import { parseDuration } from '@segue/conditions'
import { z } from 'zod'
import { parsePath, WRITABLE_ROOTS } from '../paths.js'

/** As many as a test can be read with. */
const MAX_ENTRIES = 1_000

/** A duration after the beginning, or a time. */
export const moment = z
  .string()
  .refine(isMoment, 'Write how long after the beginning, such as 3d or 1h30m, or a time such as 2026-03-10T12:30:00Z.')
const event = z.looseObject({
  type: z.string().min(1),
  properties: z.record(z.string(), z.json()).default({}),
  /** When it happened; left out, when it arrives. */
  occurredAt: z.iso.datetime({ offset: true }).optional(),
})
const answer = {
  /** What the other side answered; left out with an error, `{ "status": 200 }`. */
  response: z.json().optional(),
  /** Why it could not be delivered. */
  error: z.strictObject({ code: z.string(), message: z.string().default('') }).optional(),
}
const fields = z.record(
  z.string().refine(isWritable, `Name fields below ${WRITABLE_ROOTS.join(', ')}, such as traits.plan.`),
  z.json(),
)

/** How deliveries of a node are answered. */
export const deliveryAnswerSchema = z.strictObject(answer)
export type DeliveryAnswer = z.output<typeof deliveryAnswerSchema>

export const scriptSchema = z
  .array(
    z.union([
      /** An event of the profile arrives. */
      z.strictObject({ at: moment, event }),
      /** Fields of the profile are set, by their paths. */
      z.strictObject({ at: moment, profile: fields }),
      /** The delivery that a node waits for is answered; without such an entry, at once. */
      z.strictObject({ at: moment, deliver: z.strictObject({ node: z.string(), ...answer }) }),
      /** The profile enters a segment. */
      z.strictObject({ at: moment, enterSegment: z.string() }),
    ]),
  )
  .max(MAX_ENTRIES)

export type Script = z.output<typeof scriptSchema>
export type ScriptEntry = Script[number]

/** How the delivery that a node waits for is answered. */
export type ScriptAnswer = Extract<ScriptEntry, { deliver: unknown }>

/** An event as scripts write it: what it lacks of an event is filled in. */
export type SimulatedEvent = z.input<typeof event>

/** A moment as milliseconds since 1970: a time, or a duration after `begin`. NaN when it is neither. */
export function momentAt(text: string, begin: number): number {
  const duration = parseDuration(text)
  return duration ? begin + duration.ms : Date.parse(text)
}

function isMoment(text: string): boolean {
  return Number.isFinite(momentAt(text, 0))
}

function isWritable(text: string): boolean {
  const path = parsePath(text)
  return typeof path !== 'string' && WRITABLE_ROOTS.includes(path.names[0])
}
