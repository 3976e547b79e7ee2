// Event types of ours for a shop's server: single lines of an invoice, the invoice as a whole, its cancellation.
import { byDefault, copies, group } from './declare.js'

const ORDER = {
  'data.ec.order.id': 'properties.id',
  'data.ec.order.status': 'properties.status',
  'data.ec.order.income.value': 'properties.value',
  'data.ec.order.income.currency': 'properties.currency',
}

export const RETAIL_EVENTS = group('retail', [
  {
    id: 'product-purchase',
    name: 'Product Purchase',
    description: 'A product was bought: one line of an order. `value` is quantity times price.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: {
      order_id: '536365',
      sku: '85123A',
      name: 'White hanging heart T-light holder',
      quantity: 6,
      price: 2.55,
      value: 15.3,
      currency: 'GBP',
      country: 'United Kingdom',
    },
    eventMappings: copies({
      'data.ec.order.id': 'properties.order_id',
      'data.ec.product.id': 'properties.id',
      'data.ec.product.sku': 'properties.sku',
      'data.ec.product.name': 'properties.name',
      'data.ec.product.price': 'properties.price',
      'data.ec.product.quantity': 'properties.quantity',
    }),
    slots: {
      number_1: 'properties.value',
      number_2: 'properties.quantity',
      number_3: 'properties.price',
      text_1: 'properties.currency',
      text_2: 'properties.sku',
    },
  },
  {
    id: 'order-placed',
    name: 'Order Placed',
    description: 'An order was placed, with its whole value.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: '536365', value: 139.12, currency: 'GBP', lines: 7, country: 'United Kingdom' },
    eventMappings: [byDefault('data.ec.order.status', 'placed'), ...copies(ORDER)],
    slots: { number_1: 'properties.value', number_2: 'properties.lines', text_1: 'properties.currency' },
  },
  {
    id: 'order-cancelled',
    name: 'Order Cancelled',
    description:
      'An order or lines of it were cancelled. `value` is what is given back, negative as an invoice states it.',
    tags: ['event:operational'],
    journeyStage: 'retention',
    sample: { id: 'C536379', value: -27.5, currency: 'GBP', lines: 1, country: 'United Kingdom' },
    eventMappings: [byDefault('data.ec.order.status', 'cancelled'), ...copies(ORDER)],
    slots: { number_1: 'properties.value', number_2: 'properties.lines', text_1: 'properties.currency' },
  },
])
