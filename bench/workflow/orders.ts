// What the workflow bench sends: paid orders, one a request as webhooks do, several a request as trackers do. Each is worth enough to pass all nodes.
import { randomUUID } from 'node:crypto'

/** The body of a webhook; also the properties of an event. */
export interface Order {
  order: string
  price: number
  quantity: number
  value: number
  currency: string
  country: string
}

/** What a workflow answers for an order. */
export interface OrderAnswer {
  order: string
  total: number
}

/** An order worth more than 10, which is what the workflows' condition asks. */
export function newOrder(): Order {
  const quantity = 5 + Math.floor(Math.random() * 20)
  const order = randomUUID()
  return { order, price: 2.5, quantity, value: 2.5 * quantity, currency: 'GBP', country: 'United Kingdom' }
}

export function answerTo({ order, price, quantity }: Order): OrderAnswer {
  return { order, total: price * quantity }
}
