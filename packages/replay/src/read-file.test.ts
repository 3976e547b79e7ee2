// Files as they come: packed or not, in other encodings, with quotation marks, other columns, and lines that are no lines.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ReplayError } from './errors.js'
import { readLines, type Encoding } from './read-file.js'
import { survey } from './survey.js'

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-retail-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder, `${Math.random()}.csv`)
  await writeFile(path, content)
  return path
}

async function read(content: string | Buffer, encoding: Encoding = 'utf-8') {
  const lines = []
  for await (const line of readLines(await file(content), encoding)) lines.push(line)
  return lines
}

const LINE = '536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n'
const LANTERN = {
  lineNumber: 2,
  invoice: '536365',
  sku: '85123A',
  name: 'LANTERN',
  quantity: 6,
  price: 2_550_000,
  at: Date.UTC(2010, 11, 1, 8, 26),
  customer: '17850',
  country: 'United Kingdom',
}

test('a plain and a packed file read the same', async () => {
  expect(await read(HEADER + LINE)).toEqual([LANTERN])
  expect(await read(gzipSync(HEADER + LINE))).toEqual([LANTERN])
  expect(await read(`\uFEFF${HEADER}${LINE}`.replaceAll('\n', '\r\n'))).toEqual([LANTERN])
})

test('columns may stand in another order and have the names of other editions', async () => {
  const content =
    'Country,Customer ID,Price,InvoiceDate,Quantity,Description,StockCode,Invoice\n' +
    'United Kingdom,17850,2.55,2010-12-01T08:26,6,LANTERN,85123A,536365\n'
  expect(await read(content)).toEqual([LANTERN])
})

test('quotation marks, commas and line breaks within a field belong to it', async () => {
  const [line] = await read(`${HEADER}1,S,"LANTERN ""SET, 3""\nRED",1,2011-01-01 00:00:00,1,,EIRE\n`)
  expect(line).toMatchObject({ name: 'LANTERN "SET, 3"\nRED', lineNumber: 3, customer: null })
  const [loose] = await read(`${HEADER}1,S,6" LAMP,1,2011-01-01 00:00:00,1,,EIRE\n`)
  expect(loose).toMatchObject({ name: '6" LAMP' })
})

test('a line without customer, name or price, with a negative quantity or an odd invoice number is a line', async () => {
  const lines = await read(
    `${HEADER}A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,UK\n536414,22139,,-56,2010-12-01 11:52:00,0.0,nan,UK\n`,
  )
  expect(lines).toMatchObject([
    { invoice: 'A563185', price: -11_062_060_000, customer: null },
    { name: '', quantity: -56, price: 0, customer: null },
  ])
})

test('what is no retail line is named with its place, and the others are read', async () => {
  const lines = await read(
    `${HEADER}1,S,A,x,2011-01-01 00:00:00,1,,UK\n1,S,A,1,01/02/2011,1,,UK\n1,S,A,1,2011-01-01 00:00:00,1,5,,UK\n,S,A,1,2011-01-01 00:00:00,1,,UK\n\n1,S\n${LINE}`,
  )
  expect(lines.slice(0, 2)).toEqual([
    { lineNumber: 2, problem: 'Quantity must be a whole number' },
    { lineNumber: 3, problem: 'InvoiceDate must be a time as 2010-12-01 08:26:00' },
  ])
  expect(lines.slice(3)).toEqual([
    { lineNumber: 5, problem: 'InvoiceNo must have 1 to 50 characters' },
    { lineNumber: 7, problem: 'Quantity must be a whole number' },
    { ...LANTERN, lineNumber: 8 },
  ])
})

test('a file that is not UTF-8 is read as Latin-1', async () => {
  const content = Buffer.from(`${HEADER}1,S,CAF\xc9 POT,1,2011-01-01 00:00:00,1,,UK\n`, 'latin1')
  await expect(read(content)).rejects.toThrow('Not utf-8')
  expect(await read(content, 'windows-1252')).toMatchObject([{ name: 'CAFÉ POT' }])
  expect(await survey(await file(content))).toMatchObject({ encoding: 'windows-1252', lines: 1, brokenCount: 0 })
})

test('a file that is no retail file says which columns are missing', async () => {
  await expect(read('a,b\n1,2\n')).rejects.toThrow(/missing: invoiceno, stockcode/)
  await expect(read('')).rejects.toThrow(ReplayError)
  await expect(survey(join(folder, 'none.csv'))).rejects.toThrow(/cannot be read/)
  await expect(read(gzipSync(HEADER + LINE.repeat(5000)).subarray(0, 200))).rejects.toThrow(/cannot be read/)
})

test('a quotation mark that is never closed costs its own line, not the rest of the file', async () => {
  const open = '1,S,"OPEN,1,2011-01-01 00:00:00,1,,UK\n'
  const lines = await read(`${HEADER}${open}${LINE.repeat(300)}${open}${LINE}`)
  expect(lines).toHaveLength(303)
  expect(lines.filter((line) => 'problem' in line)).toEqual([
    { lineNumber: 2, problem: 'A quotation mark is opened and never closed' },
    { lineNumber: 303, problem: 'A quotation mark is opened and never closed' },
  ])
  expect(lines.at(-1)).toEqual({ ...LANTERN, lineNumber: 304 })
})
