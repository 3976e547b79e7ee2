// Known event types of an order on its way to the buyer.
import { byDefault, copies, group, type Declaration } from './declare.js'

/** A step of a dispatch: it sets the order's status, its own unless the event states another. */
function step(id: string, name: string, status: string, description: string): Declaration {
  return {
    id,
    name,
    description,
    tags: ['event:operational'],
    journeyStage: 'purchase',
    sample: { id: 'O-1001', status },
    eventMappings: [
      byDefault('data.ec.order.status', status),
      ...copies({ 'data.ec.order.id': 'properties.id', 'data.ec.order.status': 'properties.status' }),
    ],
  }
}

export const DISPATCH_EVENTS = group('dispatch', [
  step('order-waiting-for-dispatch', 'Order Waiting For Dispatch', 'waiting-for-dispatch', 'The order is packed.'),
  step('order-dispatched', 'Order Dispatched', 'dispatched', 'The order left the house.'),
  step('order-dispatch-in-transit', 'Order Dispatch In Transit', 'order-in-transit', 'The order is on its way.'),
  step('order-awaiting-pickup', 'Order Awaiting Pickup', 'order-awaiting-pickup', 'The order waits to be picked up.'),
  step(
    'order-delivered',
    'Order Delivered',
    'order-delivered',
    'The order reached the buyer; the status may say how: order-delivered-at-door-step, order-picked-up.',
  ),
])
