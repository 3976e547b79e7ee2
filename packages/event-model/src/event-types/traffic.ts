// Known event types of somebody using a site or an app.
import { copies, group } from './declare.js'

export const TRAFFIC_EVENTS = group('traffic', [
  {
    id: 'product-search-result',
    name: 'Product Search Result',
    description: 'A search for products was answered.',
    tags: ['activity:browsing', 'activity:browsing:search', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: {
      type: 'product',
      query: 'lantern',
      filters: [{ key: 'color', value: 'white' }],
      sorting: [{ key: 'price', order: 'asc' }],
      products: [
        {
          id: 'P-1',
          sku: '85123A',
          name: 'Lantern',
          category: 'Home',
          url: { image: 'https://shop.example/lantern.jpg', page: 'https://shop.example/lantern' },
          price: 10.15,
        },
      ],
    },
    eventMappings: copies({ 'data.hit.query': 'properties.query' }),
  },
  {
    id: 'search',
    name: 'Search',
    description: 'Something was searched for.',
    tags: ['activity:browsing:search', 'event:behavioral'],
    sample: { category: 'Home', query: 'lantern' },
    eventMappings: copies({ 'data.hit.category': 'properties.category', 'data.hit.query': 'properties.query' }),
  },
  {
    id: 'page-view',
    name: 'Page View',
    description: 'A page was seen.',
    tags: ['activity:browsing', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: { id: 'home', category: 'start' },
    eventMappings: copies({
      'data.hit.id': 'properties.id',
      'data.hit.name': 'properties.name',
      'data.hit.category': 'properties.category',
    }),
  },
  {
    id: 'page-print',
    name: 'Page Print',
    description: 'A page was printed.',
    tags: ['activity:printing', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: { category: 'start' },
    eventMappings: copies({ 'data.hit.category': 'properties.category' }),
  },
  {
    id: 'screen-view',
    name: 'Screen View',
    description: 'A screen of an app was seen.',
    tags: ['activity:browsing', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: { name: 'Basket', category: 'shop' },
    eventMappings: copies({ 'data.hit.name': 'properties.name', 'data.hit.category': 'properties.category' }),
  },
  {
    id: 'location',
    name: 'Location',
    description: 'Where the device is, as [longitude, latitude].',
    tags: ['activity:locating', 'event:system'],
    sample: { location: [-0.1276, 51.5072] },
    // The source read the event's latitude from `latitude.1`, which no event has.
    eventMappings: copies({
      'data.device.geo.location': 'properties.location',
      'data.device.geo.longitude': 'properties.location.0',
      'data.device.geo.latitude': 'properties.location.1',
    }),
    profileMappings: [
      { to: 'data.devices.last.geo.latitude', from: 'properties.location.1', operation: 'set' },
      { to: 'data.devices.last.geo.longitude', from: 'properties.location.0', operation: 'set' },
      { to: 'data.devices.last.geo.location', from: 'properties.location', operation: 'set' },
    ],
    slots: { number_1: 'properties.location.0', number_2: 'properties.location.1' },
  },
])
