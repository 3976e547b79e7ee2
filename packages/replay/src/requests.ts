// From lines to requests of the tracker protocol: who is meant, which events, under which ids.
import { createHash } from 'node:crypto'
import { times, toNumber } from './decimal.js'
import { readLines } from './read-file.js'
import type { RetailLine } from './retail-line.js'
import type { Invoice, Survey } from './survey.js'

/** An event as `POST /track` takes it. */
export interface RetailEvent {
  /** The same line gives the same id whenever and out of whichever part of the file it is sent: a repeat is dropped. */
  id: string
  type: 'product-purchase' | 'order-placed' | 'order-cancelled'
  time: { create: string }
  properties: Record<string, string | number>
}

/** Whom the events of a request are about. */
export interface Person {
  kind: 'customer' | 'anonymous'
  value: string
}

/** Events of one person that go together. */
export interface RetailRequest {
  person: Person
  events: RetailEvent[]
  /** How many of the file's lines are sent once this request and all before it are. */
  linesDone: number
}

/** Events a request: large invoices are cut, so that an answer comes within milliseconds. The collector takes 1,000. */
const MAX_EVENTS = 200

/**
 * The requests of a file, in its order, up to `limit` lines. Each line is a `product-purchase` of its customer, or of an anonymous person for
 * each invoice that names none; each invoice one `order-placed`, or `order-cancelled` when its number begins with C.
 */
export async function* requestsOf(path: string, survey: Survey, limit: number): AsyncGenerator<RetailRequest> {
  const ordered = new Set<string>()
  const ids = new LineIds()
  let pending: RetailRequest | undefined
  let lines = 0
  for await (const line of readLines(path, survey.encoding)) {
    if (lines >= limit) break
    const before = lines++
    if ('problem' in line) continue
    for (const { person, event } of eventsOf(line, survey, ordered, ids)) {
      if (pending && (pending.events.length >= MAX_EVENTS || !isSame(pending.person, person))) {
        yield pending
        pending = undefined
      }
      pending ??= { person, events: [], linesDone: before }
      pending.events.push(event)
    }
    if (pending) pending.linesDone = lines
  }
  if (pending) yield pending
}

function* eventsOf(
  line: RetailLine,
  { invoices }: Survey,
  ordered: Set<string>,
  ids: LineIds,
): Generator<{ person: Person; event: RetailEvent }> {
  const invoice = invoices.get(line.invoice)
  if (!invoice) throw new Error(`Invoice ${line.invoice} was not there when the file was first read.`)
  if (!ordered.has(line.invoice)) {
    ordered.add(line.invoice)
    yield { person: personOf(invoice.number, invoice.customer), event: orderOf(invoice) }
  }
  yield { person: personOf(line.invoice, line.customer), event: purchaseOf(line, ids.next(line, invoice)) }
}

function personOf(invoice: string, customer: string | null): Person {
  return customer === null ? { kind: 'anonymous', value: `invoice-${invoice}` } : { kind: 'customer', value: customer }
}

function orderOf({ number, at, country, lines, items, value }: Invoice): RetailEvent {
  return {
    id: `${number}:order`,
    type: /^c/i.test(number) ? 'order-cancelled' : 'order-placed',
    time: { create: new Date(at).toISOString() },
    properties: { id: number, value: toNumber(value), currency: 'GBP', lines, items, country },
  }
}

function purchaseOf({ invoice, sku, name, quantity, price, at, country }: RetailLine, id: string): RetailEvent {
  return {
    id,
    type: 'product-purchase',
    time: { create: new Date(at).toISOString() },
    properties: {
      order_id: invoice,
      sku,
      name,
      quantity,
      price: toNumber(price),
      value: toNumber(times(quantity, price)),
      currency: 'GBP',
      country,
    },
  }
}

/**
 * Ids of lines: invoice, a hash of what the line says, and how many lines of the invoice have said the same before (some do, down to
 * the minute). So a line keeps its id in a part of the file, in a file sorted otherwise and after a resumed run.
 */
class LineIds {
  /** Of invoices that still have lines to come. */
  readonly #open = new Map<string, { left: number; seen: Map<string, number> }>()

  next(line: RetailLine, invoice: Invoice): string {
    const open = this.#open.get(line.invoice) ?? { left: invoice.lines, seen: new Map<string, number>() }
    const hash = hashOf(line)
    const before = open.seen.get(hash) ?? 0
    open.seen.set(hash, before + 1)
    open.left -= 1
    if (open.left === 0) this.#open.delete(line.invoice)
    else this.#open.set(line.invoice, open)
    return `${line.invoice}:${hash}:${before + 1}`
  }
}

function hashOf({ sku, name, quantity, price, at, customer, country }: RetailLine): string {
  const text = JSON.stringify([sku, name, quantity, price, at, customer, country])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function isSame(a: Person, b: Person): boolean {
  return a.kind === b.kind && a.value === b.value
}
