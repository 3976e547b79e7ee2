// Known event types that add to a person's preferences.
import { group, type Declaration } from './declare.js'

/**
 * Adds one value to a list of preferences. The source took it a way over the event's traits whose two halves had different names for
 * channels and payments, so those never arrived; here the property is read directly.
 */
function preference(name: 'color' | 'size' | 'brand' | 'channel' | 'payment', example: string): Declaration {
  return {
    id: `add-${name}-preference`,
    name: `Add ${name[0]?.toUpperCase()}${name.slice(1)} Preference`,
    description: `The person likes a ${name}.`,
    tags: ['event:behavioral'],
    sample: { [name]: example },
    eventMappings: [{ to: `data.preferences.${name}`, from: `properties.${name}` }],
    profileMappings: [{ to: `data.preferences.${name}s`, from: `properties.${name}`, operation: 'append' }],
  }
}

export const PREFERENCE_EVENTS = group('preferences', [
  preference('color', 'white'),
  preference('size', 'M'),
  preference('brand', 'acme'),
  preference('channel', 'mobile'),
  preference('payment', 'card'),
])
