// Fields of configurations that are names: of ports, events, consents, and of things that live elsewhere.
import { z } from 'zod'

/** The ports that a person makes: each with a name of its own, none of them one of `taken`. */
export function branches<Shape extends z.ZodRawShape>(shape: Shape, taken: readonly string[] = []) {
  return z
    .array(z.strictObject({ name: z.string().trim().min(1).max(100), ...shape }))
    .min(1)
    .max(50)
    .superRefine((list, context) => {
      const seen = new Set(taken)
      for (const [index, branch] of list.entries()) {
        const name = String(branch['name' as keyof typeof branch])
        if (seen.has(name)) {
          const message = taken.includes(name) ? `${name} is a port already.` : `Two of them are named ${name}.`
          context.addIssue({ code: 'custom', message, path: [index, 'name'] })
        }
        seen.add(name)
      }
    })
}

/** The id of a workflow or a segment. */
export function reference(to: 'workflow' | 'segment') {
  return z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, `Choose a ${to}.`)
    .transform((id) => id.toLowerCase())
    .meta({ format: to })
}

/** The id of a resource: an outside system with its credentials. */
export function resource(transport: 'http' | 'mail') {
  return z.string().min(1).max(64).meta({ format: 'resource', transport, title: 'Resource' })
}

export function eventType() {
  return z.string().trim().min(1).max(190).meta({ format: 'event-type', title: 'Type of the event' })
}

/** Consents that the person must have given, by their names below `profile.consents`. */
export function consents() {
  return z
    .array(z.string().min(1).max(100).meta({ format: 'consent' }))
    .max(20)
    .default([])
    .meta({ title: 'Required consents' })
}

/** A channel by which people are written to; it has quiet hours and caps. */
export function channel() {
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'A channel is named in small letters, such as mail.')
    .meta({ format: 'channel', title: 'Channel' })
}
