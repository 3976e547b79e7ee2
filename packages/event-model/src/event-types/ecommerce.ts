// Known event types of a shop: products seen and chosen, checkout, orders, sales.
import { byDefault, copies, group, sameOnProfile } from './declare.js'

const PRODUCT = {
  id: 'P-1',
  name: 'Lantern',
  sku: '85123A',
  category: 'Home',
  brand: 'Acme',
  variant: { name: 'small', color: 'white', size: 'S' },
  price: 10.15,
  url: { image: 'https://shop.example/lantern.jpg', page: 'https://shop.example/lantern' },
}

const PRODUCT_FIELDS = {
  'data.ec.product.id': 'properties.id',
  'data.ec.product.name': 'properties.name',
  'data.ec.product.sku': 'properties.sku',
  'data.ec.product.category': 'properties.category',
  'data.ec.product.brand': 'properties.brand',
  'data.ec.product.variant': 'properties.variant',
  'data.ec.product.price': 'properties.price',
}

const PRODUCT_WITH_QUANTITY = { ...PRODUCT_FIELDS, 'data.ec.product.quantity': 'properties.quantity' }

const PRODUCT_SLOTS = { number_3: 'properties.price', text_2: 'properties.sku' }

const ORDER_STATUS = { 'data.ec.order.id': 'properties.id', 'data.ec.order.status': 'properties.status' }

const CHECKOUT_STATUS = { 'data.ec.checkout.id': 'properties.id', 'data.ec.checkout.status': 'properties.status' }

const ADDRESS_FIELDS = ['town', 'county', 'country', 'postcode', 'street']

export const ECOMMERCE_EVENTS = group('ecommerce', [
  {
    id: 'product-clicked',
    name: 'Product Clicked',
    description: 'A product in a list was clicked.',
    tags: ['activity:browsing', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: { ...PRODUCT, quantity: 2, position: 1 },
    eventMappings: copies({ ...PRODUCT_WITH_QUANTITY, 'data.ec.product.position': 'properties.position' }),
    slots: { ...PRODUCT_SLOTS, number_2: 'properties.quantity' },
  },
  {
    id: 'product-details-page-view',
    name: 'Product Details Page View',
    description: 'The page of a product was seen.',
    tags: ['activity:browsing', 'event:behavioral'],
    journeyStage: 'awareness',
    sample: PRODUCT,
    eventMappings: copies(PRODUCT_FIELDS),
    slots: PRODUCT_SLOTS,
  },
  {
    id: 'basket-viewed',
    name: 'Basket Viewed',
    description: 'The basket was looked at.',
    tags: ['activity:browsing', 'event:behavioral'],
    journeyStage: 'consideration',
    sample: { id: 'B-1' },
  },
  {
    id: 'product-added-to-basket',
    name: 'Product Added To Basket',
    description: 'A product was put into the basket.',
    tags: ['event:behavioral'],
    journeyStage: 'consideration',
    sample: { ...PRODUCT, quantity: 1 },
    eventMappings: copies(PRODUCT_WITH_QUANTITY),
    slots: { ...PRODUCT_SLOTS, number_2: 'properties.quantity' },
  },
  {
    id: 'product-removed-from-basket',
    name: 'Product Removed From Basket',
    description: 'A product was taken out of the basket.',
    tags: ['event:behavioral'],
    journeyStage: 'consideration',
    sample: { ...PRODUCT, quantity: 1 },
    eventMappings: copies(PRODUCT_WITH_QUANTITY),
    slots: { ...PRODUCT_SLOTS, number_2: 'properties.quantity' },
  },
  {
    id: 'checkout-started',
    name: 'Checkout Started',
    description: 'The buyer began to check out. Adds to the lifetime value and count of started checkouts.',
    tags: ['event:behavioral'],
    journeyStage: 'purchase',
    sample: { id: 'C-1', order_id: 'O-1001', currency: 'GBP', value: 25.5, coupon: 'WELCOME' },
    eventMappings: [
      byDefault('data.ec.checkout.status', 'started'),
      ...copies({
        ...CHECKOUT_STATUS,
        'data.ec.order.id': 'properties.order_id',
        'data.ec.checkout.currency': 'properties.currency',
        'data.ec.checkout.value': 'properties.value',
      }),
    ],
    profileMappings: [
      { to: 'data.metrics.ltcosv', from: 'data.ec.checkout.value', operation: 'increment' },
      { to: 'data.metrics.ltcosc', value: 1, operation: 'increment' },
    ],
    slots: { number_1: 'properties.value', text_1: 'properties.currency' },
  },
  {
    id: 'checkout-completed',
    name: 'Checkout Completed',
    description: 'The buyer finished the checkout. Adds to the lifetime value and count of completed checkouts.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: 'C-1', value: 25.5 },
    eventMappings: [byDefault('data.ec.checkout.status', 'completed'), ...copies(CHECKOUT_STATUS)],
    profileMappings: [
      { to: 'data.metrics.ltcocv', from: 'properties.value', operation: 'increment' },
      { to: 'data.metrics.ltcocc', value: 1, operation: 'increment' },
    ],
    slots: { number_1: 'properties.value', text_1: 'properties.currency' },
  },
  {
    id: 'checkout-status',
    name: 'Checkout Status',
    description: 'The checkout reached another status.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: 'C-1', status: 'payment' },
    eventMappings: copies(CHECKOUT_STATUS),
  },
  {
    id: 'delivery-info-entered',
    name: 'Delivery Info Entered',
    description: 'The buyer said where to deliver.',
    tags: ['event:behavioral'],
    journeyStage: 'purchase',
    sample: {
      order_id: 'O-1001',
      delivery: { town: 'London', county: '', country: 'GB', postcode: 'SW1Y 4JH', street: "12 St James's Sq" },
    },
    eventMappings: [
      // The source read the order's id from `id`, which this event does not have.
      ...copies({ 'data.ec.order.id': 'properties.order_id' }),
      ...ADDRESS_FIELDS.map((field) => ({
        to: `data.contact.address.${field}`,
        from: `properties.delivery.${field}`,
      })),
    ],
    profileMappings: sameOnProfile(
      'set',
      ADDRESS_FIELDS.map((field) => `data.contact.address.${field}`),
    ),
  },
  {
    id: 'payment-info-entered',
    name: 'Payment Info Entered',
    description: 'The buyer chose how to pay. Never send a real card number or its check digits.',
    tags: ['event:behavioral'],
    journeyStage: 'purchase',
    sample: {
      order_id: 'O-1001',
      method: 'card',
      credit_card: { number: '**** 1111', expires: '2030-01-01 00:00:00', holder: 'Ada Lovelace' },
    },
    // The order's id as above.
    eventMappings: copies({
      'data.ec.order.id': 'properties.order_id',
      'data.payment.method': 'properties.method',
      'data.payment.credit_card.number': 'properties.credit_card.number',
      'data.payment.credit_card.expires': 'properties.credit_card.expires',
      'data.payment.credit_card.holder': 'properties.credit_card.holder',
    }),
  },
  {
    id: 'order-started',
    name: 'Order Started',
    description: 'An order was opened, with what it brings and costs.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: {
      id: 'O-1001',
      income: { value: 25.5, currency: 'GBP', due_date: '2030-01-01 00:00:00' },
      cost: { value: 12, currency: 'GBP', due_date: '2030-01-01 00:00:00' },
      affiliation: 'newsletter',
      products: [{ ...PRODUCT, quantity: 1 }],
    },
    eventMappings: [
      byDefault('data.ec.order.status', 'started'),
      ...copies({
        ...ORDER_STATUS,
        'data.ec.order.income.value': 'properties.income.value',
        'data.ec.order.income.currency': 'properties.income.currency',
        'data.ec.order.income.due_date': 'properties.income.due_date',
        'data.ec.order.cost.value': 'properties.cost.value',
        'data.ec.order.cost.currency': 'properties.cost.currency',
        'data.ec.order.cost.due_date': 'properties.cost.due_date',
      }),
    ],
    slots: { number_1: 'properties.income.value', text_1: 'properties.income.currency' },
  },
  {
    id: 'order-completed',
    name: 'Order Completed',
    description: 'The order is finished.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: 'O-1001', status: 'completed' },
    eventMappings: [byDefault('data.ec.order.status', 'completed'), ...copies(ORDER_STATUS)],
  },
  {
    id: 'order-status-change',
    name: 'Order Status Change',
    description: 'The order reached another status.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: 'O-1001', status: 'paid' },
    // The source read the status from `string`, which no event has.
    eventMappings: copies(ORDER_STATUS),
  },
  {
    id: 'product-shared',
    name: 'Product Shared',
    description: 'A product was shared with others.',
    tags: ['event:behavioral'],
    journeyStage: 'advocacy',
    sample: { id: 'P-1', media: 'facebook' },
    eventMappings: copies({ 'data.ec.product.id': 'properties.id', 'data.marketing.channel': 'properties.media' }),
    slots: { text_2: 'properties.id' },
  },
  {
    id: 'product-reviewed',
    name: 'Product Reviewed',
    description: 'A product was reviewed.',
    tags: ['event:behavioral'],
    journeyStage: 'retention',
    sample: { id: 'P-1', review: 'Lovely light.', rate: 5 },
    eventMappings: copies({
      'data.ec.product.id': 'properties.id',
      'data.ec.product.review': 'properties.review',
      'data.ec.product.rate': 'properties.rate',
    }),
    slots: { number_1: 'properties.rate', text_2: 'properties.id' },
  },
  {
    id: 'product-returned',
    name: 'Product Returned',
    description: 'A product was sent back.',
    tags: ['event:behavioral'],
    journeyStage: 'retention',
    sample: { id: 'P-1' },
    eventMappings: copies({ 'data.ec.product.id': 'properties.id' }),
    slots: { text_2: 'properties.id' },
  },
  {
    id: 'sale-completed',
    name: 'Sale Completed',
    description: 'An order was sold: its income is certain.',
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { order_id: 'O-1001', value: 25.5, currency: 'GBP', due_date: '2030-01-01 00:00:00' },
    eventMappings: [
      byDefault('data.ec.order.status', 'sold'),
      ...copies({
        'data.ec.order.id': 'properties.order_id',
        'data.ec.order.status': 'properties.status',
        'data.ec.order.income.value': 'properties.value',
        'data.ec.order.income.currency': 'properties.currency',
        'data.ec.order.income.due_date': 'properties.due_date',
      }),
    ],
    slots: { number_1: 'properties.value', text_1: 'properties.currency' },
  },
])
