// What the worker tells of its work.
import { Counter, Gauge, Histogram, type Registry } from '@segue/service'
import type { Result } from './held.js'

export interface DeliveryMetrics {
  /** An attempt was made. */
  attempted(transport: string, seconds: number): void
  /** What became of a delivery was written. */
  finished(transport: string, result: Result): void
  oldestDue(seconds: number): void
}

export function deliveryMetrics(
  metrics: Registry,
  state: { openBreakers(): number; underWay(): number },
): DeliveryMetrics {
  const registers = [metrics]
  const sent = new Counter({
    name: 'segue_deliveries_sent_total',
    help: 'Deliveries that arrived',
    labelNames: ['transport'],
    registers,
  })
  const failed = new Counter({
    name: 'segue_deliveries_failed_total',
    help: 'Attempts that failed and deliveries that ended without arriving, by reason; final: not tried again by itself',
    labelNames: ['transport', 'reason', 'final'],
    registers,
  })
  const seconds = new Histogram({
    name: 'segue_delivery_attempt_seconds',
    help: 'Time of one attempt',
    labelNames: ['transport'],
    registers,
  })
  const oldest = new Gauge({
    name: 'segue_deliveries_oldest_due_seconds',
    help: 'Since when the delivery is due that is due longest',
    registers,
  })
  new Gauge({
    name: 'segue_delivery_breakers_open',
    help: 'Destinations that are left alone because they do not work',
    registers,
    collect() {
      this.set(state.openBreakers())
    },
  })
  new Gauge({
    name: 'segue_deliveries_under_way',
    help: 'Deliveries that are being sent',
    registers,
    collect() {
      this.set(state.underWay())
    },
  })
  return {
    attempted: (transport, time) => seconds.observe({ transport }, time),
    finished(transport, result) {
      if (result.kind === 'delivered') sent.inc({ transport })
      else if (result.kind !== 'released')
        failed.inc({ transport, reason: result.reason.code, final: result.kind === 'failed' ? 'no' : 'yes' })
    },
    oldestDue: (time) => oldest.set(time),
  }
}
