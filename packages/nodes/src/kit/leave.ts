// What is common to nodes that hand something to the delivery worker: whether it may leave, and what became of it.
import {
  park,
  port,
  type Cause,
  type JsonValue,
  type NewDelivery,
  type Run,
  type Step,
  type Wake,
} from '@segue/workflow-engine'

export interface LeavingConfig {
  requiredConsents: string[]
  /** Whose quiet hours and caps count; none: those of no channel. */
  channel?: string | undefined
  waitForAnswer: boolean
}

/** Ports of such a node; `delivered` is what its answer is called. */
export function leavingPorts({ waitForAnswer }: LeavingConfig, delivered: string): string[] {
  return [...(waitForAnswer ? [delivered, 'refused'] : ['queued']), 'skipped', 'error']
}

/** Makes the delivery out of what the node sees. @throws NodeError when it cannot be built. */
type Make<Config> = (run: Run<Config>) => NewDelivery

/**
 * Asks for consents, quiet hours and caps as they are now, then makes the delivery and hands it over; where it is allowed
 * later only, it waits until then. What may not leave goes on at `skipped`.
 */
export function leave<Config extends LeavingConfig>(run: Run<Config>, make: Make<Config>): Step {
  const { channel, requiredConsents, waitForAnswer } = run.config
  if (requiredConsents.length > 0 && !run.hasConsents(requiredConsents)) return port('skipped', run.input)
  const contact = channel === undefined ? undefined : run.mayContact(channel)
  if (contact && !contact.allowed) {
    if (contact.until === null || contact.until <= run.now) return port('skipped', run.input)
    return park({ until: contact.until, awaits: { kind: 'time' } })
  }
  const delivery = make(run)
  if (channel !== undefined) run.contacted(channel)
  if (waitForAnswer) return park({ until: null, awaits: { kind: 'delivery', delivery } })
  run.deliver(delivery)
  return port('queued', run.input)
}

/** Where the flow goes on when such a node is woken: by its answer, or because it may be allowed to leave now. */
export function wakeLeaving<Config extends LeavingConfig>(
  wake: Wake<Config>,
  delivered: string,
  make: Make<Config>,
): Step {
  const { cause, input } = wake
  if (cause.kind === 'answer') return answered(cause, delivered, input)
  // Only the wait to be allowed has a time. Somebody who does not want to wait for an answer must not cause a second delivery.
  if (wake.until !== null) return leave(wake, make)
  return port('refused', { code: 'ANSWER_NOT_AWAITED', message: 'Somebody let the run go on without the answer.' })
}

/** A consent that was withdrawn until the delivery left is the same as one before. */
function answered(cause: Cause & { kind: 'answer' }, delivered: string, input: JsonValue): Step {
  if (cause.delivered) return port(delivered, cause.response)
  const { error, response } = cause
  return error.code === 'CONSENT_WITHDRAWN' ? port('skipped', input) : port('refused', { ...error, response })
}
