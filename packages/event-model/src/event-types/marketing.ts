// Known event types of promotions.
import { copies, group } from './declare.js'

const PROMOTION = copies({
  'data.marketing.promotion.id': 'properties.id',
  'data.marketing.promotion.name': 'properties.name',
})

export const MARKETING_EVENTS = group('marketing', [
  {
    id: 'promotion-viewed',
    name: 'Promotion Viewed',
    description: 'A promotion was seen.',
    tags: ['event:behavioral'],
    journeyStage: 'awareness',
    sample: { id: 'S-1', name: 'Summer sale', media: { text: 'Up to half off', image: 'https://shop.example/s.jpg' } },
    eventMappings: PROMOTION,
  },
  {
    id: 'promotion-clicked',
    name: 'Promotion Clicked',
    description: 'A promotion was clicked.',
    tags: ['event:behavioral'],
    journeyStage: 'awareness',
    sample: {
      id: 'S-1',
      name: 'Summer sale',
      url: { image: 'https://shop.example/s.jpg', page: 'https://shop.example/sale' },
    },
    eventMappings: PROMOTION,
  },
])
