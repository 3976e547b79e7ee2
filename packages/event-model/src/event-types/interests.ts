// Known event types that weigh what a person is interested in.
import { byDefault, copies, group, type Declaration } from './declare.js'
import type { FieldOperation } from '../event-type.js'

/** Changes `interests.<properties.interest>` by or to the stated value, or `usual` when none is stated. */
function interest(
  id: string,
  name: string,
  operation: FieldOperation,
  usual: number,
  description: string,
): Declaration {
  return {
    id,
    name,
    description,
    tags: ['event:behavioral'],
    sample: { interest: 'gardening', value: usual },
    eventMappings: [
      byDefault('data.interest.value', usual),
      ...copies({ 'data.interest.name': 'properties.interest', 'data.interest.value': 'properties.value' }),
    ],
    profileMappings: [{ to: 'interests.{properties.interest}', from: 'data.interest.value', operation }],
    slots: { number_1: 'properties.value', text_1: 'properties.interest' },
  }
}

export const INTEREST_EVENTS = group('interests', [
  interest('increase-interest', 'Increase Interest', 'increment', 1, 'The person is more interested in something.'),
  interest('decrease-interest', 'Decrease Interest', 'decrement', 1, 'The person is less interested in something.'),
  interest('reset-interest', 'Reset Interest', 'set', 0, 'An interest starts anew, at zero or the stated value.'),
])
