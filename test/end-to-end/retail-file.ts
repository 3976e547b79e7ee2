// What a retail file says, counted here without any of the replay's code.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** A customer, or an invoice without one, by what its lines add up to. */
export interface Buyer {
  lines: number
  orders: number
  cancellations: number
  /** Pence. */
  revenue: number
  /** Sum of quantities. */
  items: number
}

export interface RetailFile {
  lines: number
  orders: number
  cancellations: number
  /** Times of the first and the last line. */
  from: Date
  to: Date
  /** By customer number. */
  customers: Map<string, Buyer>
  /** By invoice number. */
  withoutCustomer: Map<string, Buyer>
}

/** Reads a packed file whose prices have two decimals at most. */
export function readRetailFile(path: string): RetailFile {
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
  if (header !== 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country')
    throw new Error(`Unexpected columns: ${header}`)
  const file: RetailFile = {
    lines: 0,
    orders: 0,
    cancellations: 0,
    from: new Date(8.64e15),
    to: new Date(0),
    customers: new Map(),
    withoutCustomer: new Map(),
  }
  const invoices = new Set<string>()
  for (const line of lines) {
    const [invoice = '', , , quantity = '', time = '', price = '', customer = ''] = fieldsOf(line)
    const group = customer === '' ? file.withoutCustomer : file.customers
    const name = customer === '' ? invoice : String(parseInt(customer, 10))
    const buyer = group.get(name) ?? { lines: 0, orders: 0, cancellations: 0, revenue: 0, items: 0 }
    group.set(name, buyer)
    const pence = Math.round(Number(price) * 100)
    const at = new Date(`${time.replace(' ', 'T')}Z`)
    if (at < file.from) file.from = at
    if (at > file.to) file.to = at
    file.lines += 1
    buyer.lines += 1
    buyer.items += Number(quantity)
    buyer.revenue += Number(quantity) * pence
    if (invoices.has(invoice)) continue
    invoices.add(invoice)
    const kind = invoice.startsWith('C') ? 'cancellations' : 'orders'
    file[kind] += 1
    buyer[kind] += 1
  }
  return file
}

/** Fields of a CSV line; a quoted one may hold commas and doubled quotation marks. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
}
