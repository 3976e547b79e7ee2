// Finds the word somebody probably meant.

/** The candidate closest to `word` by edits, when close enough to be a typing mistake; case is ignored. */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const lowered = word.toLowerCase()
  // A third of the word may be wrong: "porfile" finds "profile", "xyz" finds nothing.
  let best = Math.max(1, Math.floor(word.length / 3)) + 1
  let found: string | undefined
  for (const candidate of candidates) {
    const distance = editDistance(lowered, candidate.toLowerCase())
    if (distance < best) {
      best = distance
      found = candidate
    }
  }
  return found
}

/** Edits (insert, delete, replace, swap neighbours) that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1)
      let cost = Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1)
      }
      current.push(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length] ?? 0
}
