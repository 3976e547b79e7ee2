// Pages in a browser, and what their visits leave in the inbox.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { InboxEvent, TestCollector } from '../collector/start-collector.js'

/** A file of this folder's pages. */
export function pageFile(name: string): string {
  return join(import.meta.dirname, 'pages', name)
}

/** Calls a function of the page by its name. */
export function call<T>(page: Page, name: string, ...args: unknown[]): Promise<T> {
  return page.evaluate<T>(`${name}(...${JSON.stringify(args)})`)
}

/** Resolves with what `look` finds as soon as it finds something; rejects when that takes longer than 15 s. */
export async function until<T>(look: () => Promise<T | undefined | false>, what: string): Promise<T> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(20)) {
    const found = await look()
    if (found !== undefined && found !== false) return found
  }
  throw new Error(`within 15 s there was no ${what}`)
}

/**
 * What lies in the inbox, once as many events of `type` do. What is sent without an answer can come twice: an event sent and answered
 * after it (`fence`) shows that nothing else was under way.
 */
export async function arrived(collector: TestCollector, type: string, amount = 1): Promise<InboxEvent[]> {
  return until(async () => {
    const events = (await collector.inbox()).filter(({ envelope }) => envelope.type === type)
    return events.length >= amount && events
  }, `event ${type} in the inbox`)
}

/** How many requests the collector has answered on a route with a status, as its metrics say. */
export async function answered(collector: TestCollector, route: string, status: number): Promise<number> {
  const metrics = await (await fetch(`${collector.healthUrl}/metrics`)).text()
  const line = `segue_collector_requests_total{route="${route}",status="${status}",service="collector"} `
  return Number(
    metrics
      .split('\n')
      .find((candidate) => candidate.startsWith(line))
      ?.slice(line.length) ?? 0,
  )
}
