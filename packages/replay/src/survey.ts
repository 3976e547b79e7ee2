// The first pass over a file: what each invoice amounts to, so that an order's event is whole wherever its lines stand.
import { times } from './decimal.js'
import { WrongEncoding, readLines, type BrokenLine, type Encoding } from './read-file.js'
import type { RetailLine } from './retail-line.js'

/** An invoice as a whole. */
export interface Invoice {
  number: string
  /** Time of its first line. */
  at: number
  /** Of the first line that names one. */
  customer: string | null
  country: string
  lines: number
  /** Sum of the quantities. */
  items: number
  /** Sum of quantity times price, millionths of a pound. */
  value: number
}

/** What a file holds. Takes some 200 bytes an invoice, so a file of millions of lines fits. */
export interface Survey {
  encoding: Encoding
  /** All of them, broken ones included. */
  lines: number
  /** The first broken lines, to be shown. */
  broken: BrokenLine[]
  brokenCount: number
  invoices: Map<string, Invoice>
}

/** So many broken lines are shown one by one; the rest is counted. */
const NAMED = 20

/** Reads all of the file. Throws `ReplayError`. */
export async function survey(path: string): Promise<Survey> {
  try {
    return await surveyAs(path, 'utf-8')
  } catch (error) {
    if (error instanceof WrongEncoding) return surveyAs(path, 'windows-1252')
    throw error
  }
}

async function surveyAs(path: string, encoding: Encoding): Promise<Survey> {
  const found: Survey = { encoding, lines: 0, broken: [], brokenCount: 0, invoices: new Map() }
  for await (const line of readLines(path, encoding)) {
    found.lines += 1
    if (!('problem' in line)) add(found.invoices, line)
    else if (found.brokenCount++ < NAMED) found.broken.push(line)
  }
  return found
}

function add(invoices: Map<string, Invoice>, line: RetailLine): void {
  const value = times(line.quantity, line.price)
  const invoice = invoices.get(line.invoice)
  if (!invoice) {
    const { at, customer, country, quantity } = line
    invoices.set(line.invoice, { number: line.invoice, at, customer, country, lines: 1, items: quantity, value })
    return
  }
  invoice.customer ??= line.customer
  invoice.lines += 1
  invoice.items += line.quantity
  invoice.value += value
}
