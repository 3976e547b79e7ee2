// Names of time zones, as clients state them. The same few come with every event, so what was found out is kept.
import { isTimeZone as check } from '@segue/workflow-engine'

const known = new Map<string, boolean>()

/** Names are few; what a client invents is not kept. */
const MOST_KEPT = 2_000

/** Whether it is an IANA name that this machine knows. */
export function isTimeZone(name: string): boolean {
  let valid = known.get(name)
  if (valid === undefined) {
    // Offsets such as +02:00 are names to Intl too; they know nothing of daylight saving.
    valid = name.length <= 64 && /^[A-Za-z]/.test(name) && check(name)
    if (known.size < MOST_KEPT) known.set(name, valid)
  }
  return valid
}
