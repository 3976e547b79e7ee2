// What the collector counts. Plain numbers on the way of a request; they become metrics when somebody asks.
import { Counter, Gauge, Histogram, type Registry } from '@segue/service'

export interface Counts {
  request(route: string, status: number): void
  events(channel: string, count: number): void
  write(rows: number, milliseconds: number, stored: boolean): void
}

/** Registers the collector's metrics; `waiting` and `down` are read when they are asked for. */
export function countInto(registry: Registry, inbox: () => { waiting: number; down: boolean }): Counts {
  const requests = new Map<string, number>()
  const events = new Map<string, number>()
  const registers = [registry]
  new Counter({
    name: 'segue_collector_requests_total',
    help: 'Requests by route and status',
    labelNames: ['route', 'status'],
    registers,
    collect() {
      this.reset()
      for (const [key, count] of requests) {
        const [route = '', status = ''] = key.split(' ')
        this.inc({ route, status }, count)
      }
    },
  })
  new Counter({
    name: 'segue_collector_events_total',
    help: 'Events made durable, by the channel of their source',
    labelNames: ['channel'],
    registers,
    collect() {
      this.reset()
      for (const [channel, count] of events) this.inc({ channel }, count)
    },
  })
  const rows = new Histogram({
    name: 'segue_collector_write_rows',
    help: 'Events a write',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000],
    registers,
  })
  const seconds = new Histogram({
    name: 'segue_collector_write_seconds',
    help: 'Time of a write, from its begin to its commit',
    labelNames: ['stored'],
    buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.5, 1, 5],
    registers,
  })
  new Gauge({
    name: 'segue_collector_waiting_requests',
    help: 'Requests that wait for their commit',
    registers,
    collect() {
      this.set(inbox().waiting)
    },
  })
  new Gauge({
    name: 'segue_collector_down',
    help: '1 while requests are refused because nothing can be stored',
    registers,
    collect() {
      this.set(inbox().down ? 1 : 0)
    },
  })
  const stored = seconds.labels('true')
  const failed = seconds.labels('false')
  return {
    request(route, status) {
      const key = `${route} ${status}`
      requests.set(key, (requests.get(key) ?? 0) + 1)
    },
    events(channel, count) {
      events.set(channel, (events.get(channel) ?? 0) + count)
    },
    write(count, milliseconds, ok) {
      rows.observe(count)
      const timer = ok ? stored : failed
      timer.observe(milliseconds / 1000)
    },
  }
}
