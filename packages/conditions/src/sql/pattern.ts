// RE2 patterns in words that the databases' engines read alike; what cannot be said in them is refused.

/** Engines of databases backtrack: what repeats inside of what repeats could hold them up for ever, RE2 not. */
const MAX_REPEATS = 5

const CLASSES: Record<string, string> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' }

/**
 * The same pattern for MySQL (ICU) and MariaDB (PCRE), or what of it differs between them and RE2. `.`, `$`, `\d`, `\w` and `\s`
 * mean other characters there and are written out; ranges, groups, alternatives and repeats are alike.
 */
export function databasePattern(pattern: string): { pattern: string } | { refused: string } {
  let made = ''
  let at = 0
  let repeats = 0
  // For each open group: whether something inside of it repeats.
  const open: boolean[] = [false]
  let lastRepeats = false
  const refuse = (what: string) => ({ refused: what })
  while (at < pattern.length) {
    const rest = pattern.slice(at)
    const char = String.fromCodePoint(rest.codePointAt(0) ?? 0)
    at += char.length
    const quantifier = /^(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??/.exec(rest)?.[0]
    if (quantifier) {
      at += quantifier.length - char.length
      if (!quantifier.startsWith('?')) {
        if (lastRepeats) return refuse('a repeat inside of a repeat')
        if (++repeats > MAX_REPEATS) return refuse(`more than ${MAX_REPEATS} repeats`)
        open[open.length - 1] = true
      }
      if (/^[*+?]|^\{/.test(pattern.slice(at))) return refuse('a repeat of a repeat')
      made += quantifier
      continue
    }
    lastRepeats = false
    if (char === '(') {
      const group = /^\((\?:)?(?!\?)/.exec(rest)?.[0]
      if (!group) return refuse('flags and named groups')
      at += group.length - 1
      open.push(false)
      made += '(?:'
    } else if (char === ')') {
      lastRepeats = open.pop() ?? false
      open[open.length - 1] ||= lastRepeats
      made += ')'
    } else if (char === '[') {
      const set = characterSet(rest)
      if (!set) return refuse('such a set of characters')
      at += set.length - 1
      made += set.made
    } else if (char === '\\') {
      const escaped = escape(rest)
      if (!escaped) return refuse(rest.slice(0, 2))
      at += 1
      made += escaped.inside ? `[${escaped.made}]` : escaped.made
    } else if (char === '.') made += '[^\\n]'
    else if (char === '^') made += '\\A'
    else if (char === '$') made += '\\z'
    else if (char === '{' || char === '}' || char === ']') made += `\\${char}`
    else made += char
  }
  return { pattern: made }
}

/** `\d` and the like, or an escaped sign. */
function escape(rest: string): { made: string; inside: boolean } | undefined {
  const char = rest[1] ?? ''
  const set = Object.hasOwn(CLASSES, char) ? CLASSES[char] : undefined
  if (set) return { made: set, inside: true }
  if (/^[!-/:-@[-`{-~]$/.test(char)) return { made: `\\${char}`, inside: false }
  return /^[ntrf]$/.test(char) ? { made: `\\${char}`, inside: false } : undefined
}

/** `[a-z\d]`: its length in the pattern, and itself with every sign escaped, which the engines else read as set operations. */
function characterSet(rest: string): { length: number; made: string } | undefined {
  let at = rest[1] === '^' ? 2 : 1
  let made = rest.slice(0, at)
  const start = at
  while (at < rest.length) {
    const char = String.fromCodePoint(rest.codePointAt(at) ?? 0)
    if (char === ']' && at > start) return { length: at + 1, made: `${made}]` }
    if (char === '[') return undefined
    if (char === '\\') {
      const escaped = escape(rest.slice(at))
      if (!escaped) return undefined
      made += escaped.made
      at += 2
      continue
    }
    if (char === '-' && rest[at - 2] === '\\' && rest[at + 1] !== ']') return undefined
    made += /^[\]&~|^#"`'{}()-]$/.test(char) && !(char === '-' && isRange(rest, at, start)) ? `\\${char}` : char
    at += char.length
  }
  return undefined
}

/** Whether a minus stands between two plain characters: a range. */
function isRange(rest: string, at: number, start: number): boolean {
  return at > start && rest[at + 1] !== ']' && rest[at - 2] !== '\\'
}
