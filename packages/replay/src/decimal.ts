// Money without rounding errors: decimal texts as whole numbers of millionths.

/** Millionths in one: six decimals are what the profile's counters keep, too. */
const SCALE = 1_000_000

/**
 * A decimal text such as `-27.50` as a whole number of millionths, null for anything else, for more than six decimals and for what a double cannot
 * hold exactly.
 */
export function parseDecimal(text: string): number | null {
  const parts = /^([+-]?)(\d+)(?:\.(\d{0,6})0*)?$/.exec(text.trim())
  if (!parts) return null
  const [, sign, whole, fraction = ''] = parts
  const millionths = Number(whole) * SCALE + Number(fraction.padEnd(6, '0'))
  if (!Number.isSafeInteger(millionths)) return null
  return sign === '-' && millionths !== 0 ? -millionths : millionths
}

/** Millionths of a whole number times millionths. */
export function times(quantity: number, millionths: number): number {
  return quantity * millionths
}

/** The double nearest to so many millionths: what JSON carries. */
export function toNumber(millionths: number): number {
  return millionths / SCALE
}
