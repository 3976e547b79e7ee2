// A retail file as a stream of lines: packed or plain, UTF-8 or Latin-1, of any size.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ReplayError } from './errors.js'
import { recordsOf } from './records.js'
import { columnsOf, parseLine, type Columns, type RetailLine } from './retail-line.js'

/** Editions of the data set differ; what is no UTF-8 is read as Latin-1 (windows-1252, its superset). */
export type Encoding = 'utf-8' | 'windows-1252'

/** A line that cannot be read. */
export interface BrokenLine {
  lineNumber: number
  problem: string
}

/** Thrown when a file is not in the encoding that it was read with. */
export class WrongEncoding extends Error {
  override readonly name = 'WrongEncoding'
}

/**
 * Reads a `.csv` or `.csv.gz` (told by its content) line by line, broken lines among them. Throws `ReplayError` for a file that cannot be
 * read or is no retail file, `WrongEncoding` as soon as a byte does not fit.
 */
export async function* readLines(path: string, encoding: Encoding): AsyncGenerator<RetailLine | BrokenLine> {
  let columns: Columns | undefined
  for await (const { fields, lineNumber } of recordsOf(textLines(path, encoding))) {
    if (fields === null) yield { lineNumber, problem: 'A quotation mark is opened and never closed' }
    else if (!columns) columns = columnsOf(fields)
    else {
      const line = parseLine(fields, columns, lineNumber)
      yield typeof line === 'string' ? { lineNumber, problem: line } : line
    }
  }
  if (!columns) throw new ReplayError('NOT_A_RETAIL_FILE', `${path} is empty.`)
}

async function* textLines(path: string, encoding: Encoding): AsyncGenerator<string> {
  try {
    const unpack = (await isPacked(path)) ? [createGunzip()] : []
    const text = decoder(encoding)
    // What goes wrong in any part reaches whoever reads the last one; who stops reading it ends them all.
    pipeline([createReadStream(path, { highWaterMark: 256 * 1024 }), ...unpack, text], () => undefined)
    let rest = ''
    for await (const chunk of text as AsyncIterable<string>) {
      const lines = (rest + chunk).split(/\r?\n/)
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } catch (error) {
    if (error instanceof WrongEncoding) throw error
    throw new ReplayError(
      'FILE_NOT_READABLE',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
}

/** Whether it begins with gzip's magic number (RFC 1952). */
async function isPacked(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b
  } finally {
    await file.close()
  }
}

function decoder(encoding: Encoding): Transform {
  const text = new TextDecoder(encoding, { fatal: true })
  const decode = (chunk: Buffer | undefined, done: (error: Error | null, text?: string) => void): void => {
    let decoded: string
    try {
      decoded = text.decode(chunk, { stream: chunk !== undefined })
    } catch {
      return done(new WrongEncoding(`Not ${encoding}.`))
    }
    done(null, decoded)
  }
  return new Transform({
    encoding: 'utf8',
    transform: (chunk: Buffer, _, done) => decode(chunk, done),
    flush: (done) => decode(undefined, done),
  })
}
