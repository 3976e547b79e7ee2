// What the gateway counts of subscriptions.
import { Counter, Gauge, type Registry } from '@segue/service'

export interface LiveMetrics {
  sockets: Gauge
  subscriptions: Gauge
  /** Subscriptions at subgraphs. */
  upstreams: Gauge
  /** Sent to clients. */
  messages: Counter
  /** Made out of a subgraph's message, for all clients who are sent the same. */
  completions: Counter
  /** Clients that had not taken the message before; they go on when they have, with one that has everything in it. */
  setAside: Counter
  /** Subscriptions whose messages came quicker than they could be completed. */
  overtaken: Counter
}

export function createLiveMetrics(registry: Registry): LiveMetrics {
  const registers = [registry]
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name: `segue_gateway_live_${name}`, help, registers })
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `segue_gateway_live_${name}_total`, help, registers })
  return {
    sockets: gauge('sockets', 'Open WebSockets of clients'),
    subscriptions: gauge('subscriptions', 'Subscriptions of clients'),
    upstreams: gauge('upstreams', 'Subscriptions at subgraphs, each for all clients who are sent the same'),
    messages: counter('messages', 'Messages to clients'),
    completions: counter('completions', 'Messages of subgraphs that were completed'),
    setAside: counter('set_aside', 'Times that a client had not taken the message before and skipped to a later state'),
    overtaken: counter('overtaken', 'Times that messages came quicker than they could be completed'),
  }
}
