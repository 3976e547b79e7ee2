// One line of a retail file: the columns it may have, what each must hold, and what is wrong when it does not.
import { parseDecimal } from './decimal.js'
import { ReplayError } from './errors.js'

/** An invoice line. */
export interface RetailLine {
  /** Where its record ends in the file, counted from 1. */
  lineNumber: number
  invoice: string
  sku: string
  /** May be empty: stock corrections have no description. */
  name: string
  /** Whole; negative for what goes back. */
  quantity: number
  /** Millionths of a pound. */
  price: number
  /** ms since 1970. The file states no zone; it is read as UTC. */
  at: number
  /** Digits as the shop knows the customer, null when the line names none. */
  customer: string | null
  country: string
}

/** Each field with the names its column has in the editions of the data set, lower case and without spaces. */
const COLUMNS = {
  invoice: ['invoiceno', 'invoice'],
  sku: ['stockcode'],
  name: ['description'],
  quantity: ['quantity'],
  at: ['invoicedate'],
  price: ['unitprice', 'price'],
  customer: ['customerid'],
  country: ['country'],
} as const

type Field = keyof typeof COLUMNS

/** Which column holds which field. */
export type Columns = Record<Field, number>

/** Finds the columns by the header, in any order. Throws `NOT_A_RETAIL_FILE` naming those that are missing. */
export function columnsOf(header: readonly string[]): Columns {
  const names = header.map((name) => name.toLowerCase().replaceAll(/[^a-z]/g, ''))
  const found = Object.entries(COLUMNS).map(
    ([field, known]) => [field, names.findIndex((name) => known.includes(name as never))] as const,
  )
  const missing = found.filter(([, column]) => column === -1).map(([field]) => COLUMNS[field as Field][0])
  if (missing.length > 0)
    throw new ReplayError(
      'NOT_A_RETAIL_FILE',
      `The first line of the file must name its columns; these are missing: ${missing.join(', ')}. ` +
        'Expected: InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country.',
    )
  return Object.fromEntries(found) as Columns
}

/** Reads a record; a text says what is wrong with it. */
export function parseLine(record: readonly string[], columns: Columns, lineNumber: number): RetailLine | string {
  const text = (field: Field): string => (record[columns[field]] ?? '').trim()
  const invoice = text('invoice')
  if (invoice === '' || invoice.length > 50) return `InvoiceNo must have 1 to 50 characters`
  const quantity = parseDecimal(text('quantity'))
  if (quantity === null || quantity % 1_000_000 !== 0) return `Quantity must be a whole number`
  const price = parseDecimal(text('price'))
  if (price === null) return `UnitPrice must be a number of at most six decimals`
  if (!Number.isSafeInteger((quantity / 1_000_000) * price)) return `Quantity times UnitPrice is too large`
  const at = parseTime(text('at'))
  if (at === null) return `InvoiceDate must be a time as 2010-12-01 08:26:00`
  return {
    lineNumber,
    invoice,
    sku: text('sku'),
    name: text('name'),
    quantity: quantity / 1_000_000,
    price,
    at,
    customer: parseCustomer(text('customer')),
    country: text('country'),
  }
}

/** `17850.0`, as a spreadsheet writes a number, is customer `17850`. */
function parseCustomer(text: string): string | null {
  if (/^(nan|null|none|n\/a)?$/i.test(text)) return null
  return text.replace(/^(\d+)\.0+$/, '$1')
}

function parseTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return null
  const time = Date.parse(`${text.replace(' ', 'T')}Z`)
  return time > 0 ? time : null
}
