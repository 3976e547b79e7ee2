// Keys under which nodes keep things, out of calculated values.
import type { JsonValue } from '@segue/workflow-engine'

/** A text for each value: texts as they are, the rest as JSON. */
export function keyText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
