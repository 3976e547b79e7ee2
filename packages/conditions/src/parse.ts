// Text to syntax tree, with the hints that people need who come from SQL, JavaScript or spreadsheets.
import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js'
import { problemAt, type Problem } from './errors.js'

/** Longest text of a condition, in characters; the page's builder stays far below. */
const MAX_SOURCE = 20_000

/** Evaluation recurses through the tree: these keep the deepest tree well inside a default stack. */
const LIMITS = { maxAstNodes: 5_000, maxDepth: 100, maxListElements: 1_000, maxMapEntries: 1_000, maxCallArguments: 8 }

/** Parses a condition: its tree, or the one problem the parser stopped at. */
export function parse(source: string): { ast: ASTNode } | { problem: Problem } {
  if (source.length > MAX_SOURCE) {
    const message = `The condition has ${source.length} characters; ${MAX_SOURCE} are allowed.`
    return { problem: problemAt(source, { start: MAX_SOURCE, end: source.length }, 'TOO_LARGE', message) }
  }
  try {
    return { ast: new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS }).parse(source).ast }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { problem: problemFrom(source, error) }
  }
}

function problemFrom(source: string, error: ParseError): Problem {
  const range = error.range ?? { start: 0, end: source.length }
  if (error.code === 'limit_exceeded') {
    return problemAt(source, range, 'TOO_LARGE', 'The condition is too long or too deeply nested.', 'Split it in two.')
  }
  const message = messageFor(source, range.start, error)
  return problemAt(source, range, 'SYNTAX', message, hintFor(source, range.start))
}

/** The parser speaks of tokens; people read characters. */
function messageFor(source: string, at: number, error: ParseError): string {
  if (source.trim() === '') return 'The condition is empty.'
  if (error.code === 'unexpected_character' || error.code === 'unexpected_token' || error.code === 'expected_token') {
    const rest = source.slice(at).trimStart()
    if (rest === '') return 'The condition ends too early.'
    const word = /^(\w+|[=!<>&|]+|.)/su.exec(rest)?.[0] ?? ''
    return `Unexpected ${JSON.stringify(word)}.`
  }
  return `${error.summary}.`
}

const WORDS: Record<string, string> = {
  and: 'Write && for "and".',
  or: 'Write || for "or".',
  not: 'Write ! for "not".',
  is: 'Write == null or != null to ask whether a field is absent.',
  like: 'Use .contains("text"), .startsWith("text") or .matches("pattern").',
  between: 'Write x >= 1 && x <= 9.',
  then: 'Write condition ? a : b.',
}

function hintFor(source: string, at: number): string | undefined {
  const word = /^\w+/.exec(source.slice(at))?.[0].toLowerCase()
  const previousWord = /(\w+)\s*$/.exec(source.slice(0, at))?.[1]?.toLowerCase()
  for (const candidate of [word, previousWord]) {
    if (candidate !== undefined && Object.hasOwn(WORDS, candidate)) return WORDS[candidate]
  }
  const symbols = source.slice(Math.max(0, at - 2), at + 2)
  if (/<>/.test(symbols)) return 'Write != for "is not".'
  if (/!==?/.test(symbols) && source[at] === '=') return 'Write != to compare.'
  if (source[at] === '=') return 'Write == to compare; a condition assigns nothing.'
  if (/^&(?!&)/.test(source.slice(at))) return 'Write && for "and".'
  if (/^\|(?!\|)/.test(source.slice(at))) return 'Write || for "or".'
  if (/[“”„‘’«»]/.test(source[at] ?? '')) return 'Write plain quotes: "text" or \'text\'.'
  if (/[^\x00-\x7f]/.test(source[at] ?? '')) return 'Names are ASCII; reach other fields as profile.traits["größe"].'
  if (source.slice(at).trim() === '' && source.trim() !== '')
    return 'Something has to follow: a value, or a closing bracket.'
  return undefined
}
