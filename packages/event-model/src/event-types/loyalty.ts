// Known event types of loyalty cards.
import { copies, group, sameOnProfile, type Declaration } from './declare.js'

const CARD = ['id', 'name', 'issuer', 'expires']
const CARD_PATHS = CARD.map((field) => `data.loyalty.card.${field}`)

const BOTH: Pick<Declaration, 'tags' | 'journeyStage'> = { tags: ['event:operational'], journeyStage: 'retention' }

export const LOYALTY_EVENTS = group('loyalty', [
  {
    ...BOTH,
    id: 'loyalty-card-added',
    name: 'Loyalty Card Added',
    description: 'The person got a loyalty card.',
    sample: { id: '4711', name: 'Club', issuer: 'Shop', expires: '2030-01-01 00:00:00' },
    eventMappings: CARD.map((field) => ({ to: `data.loyalty.card.${field}`, from: `properties.${field}` })),
    profileMappings: sameOnProfile('set', CARD_PATHS),
  },
  {
    ...BOTH,
    id: 'loyalty-card-removed',
    name: 'Loyalty Card Removed',
    description: 'The person gave the loyalty card back.',
    sample: { id: '4711' },
    eventMappings: copies({ 'data.loyalty.card.id': 'properties.id' }),
    profileMappings: CARD_PATHS.map((to) => ({ to, operation: 'delete' as const })),
  },
])
