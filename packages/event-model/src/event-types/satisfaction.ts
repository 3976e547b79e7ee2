// Known event types of how content a person is.
import { copies, group } from './declare.js'

export const SATISFACTION_EVENTS = group('satisfaction', [
  {
    id: 'rating',
    name: 'Rating',
    description: 'The person rated a stage of the journey.',
    journeyStage: 'retention',
    sample: { id: 'R-1', review: 'Quick delivery.', rate: 5, state: 'delivered' },
    eventMappings: copies({ 'data.journey.state': 'properties.state', 'data.journey.rate': 'properties.rate' }),
    slots: { number_1: 'properties.rate' },
  },
])
