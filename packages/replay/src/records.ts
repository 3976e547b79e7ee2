// CSV records out of lines of text. A quotation mark that is never closed costs its own line, not the rest of the file.
import { CsvError, parse } from 'csv-parse/sync'

/** A record. `fields` is null when it is no CSV. */
export interface CsvRecord {
  fields: string[] | null
  /** Of its last line, counted from 1. */
  lineNumber: number
}

/** A quoted field may go on over this many lines; one that is longer was left open by mistake. */
const MAX_LINES = 20

/** Blank lines are left out. */
export async function* recordsOf(lines: AsyncIterable<string>): AsyncGenerator<CsvRecord> {
  let lineNumber = 0
  let pending: string[] = []
  for await (const line of lines) {
    lineNumber += 1
    pending.push(line)
    yield* settle(lineNumber, false)
  }
  yield* settle(lineNumber, true)

  /** Takes records off the front of what is pending, as far as that can be said before more lines come. */
  function* settle(last: number, atEnd: boolean): Generator<CsvRecord> {
    while (pending.length > 0) {
      const first = last - pending.length + 1
      const whole = wholeRecord(pending)
      if (whole) {
        pending = pending.slice(whole.lines)
        if (whole.fields.some((field) => field !== ''))
          yield { fields: whole.fields, lineNumber: first + whole.lines - 1 }
      } else if (atEnd || pending.length >= MAX_LINES) {
        pending = pending.slice(1)
        yield { fields: null, lineNumber: first }
      } else return
    }
  }
}

/** The record that the first of these lines make up; undefined when a quoted field is still open at the end of all of them. */
function wholeRecord(lines: string[]): { fields: string[]; lines: number } | undefined {
  for (let count = 1; count <= lines.length; count++) {
    const fields = parseRecord(lines.slice(0, count).join('\n'))
    if (fields) return { fields, lines: count }
  }
  return undefined
}

function parseRecord(text: string): string[] | undefined {
  // Nearly all lines; a parser of its own for each would take a hundred times as long.
  if (!text.includes('"')) return text.split(',')
  try {
    const records = parse(text, { bom: true, relax_quotes: true, relax_column_count: true }) as string[][]
    return records.length === 1 ? records[0] : undefined
  } catch (error) {
    if (error instanceof CsvError) return undefined
    throw error
  }
}
