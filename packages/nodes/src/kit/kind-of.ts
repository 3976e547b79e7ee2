// What a value is, for messages, which never show the value itself.

/** Such as `absent`, `a list`, or `a string that is none`: of a value that is not what it should be. */
export function wrongKind(value: unknown): string {
  if (value === null) return 'absent'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a map' : `a ${typeof value} that is none`
}
