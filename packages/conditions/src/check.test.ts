import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { checkCondition, compileCondition, InvalidCondition } from './index.js'

describe('checkCondition', () => {
  test.each([
    ['profile.x = 1', 'SYNTAX', 1, 11, 'Write == to compare'],
    ['profile.x == 1 and true', 'SYNTAX', 1, 16, '&&'],
    ['profile.x == 1 OR true', 'SYNTAX', 1, 16, '||'],
    ['not profile.x', 'SYNTAX', 1, 5, 'Write !'],
    ['profile.x & true', 'SYNTAX', 1, 11, '&&'],
    ['profile.x <> 3', 'SYNTAX', 1, 12, 'Write !='],
    ['profile.x is null', 'SYNTAX', 1, 11, '== null'],
    ['profile.x == “a”', 'SYNTAX', 1, 14, 'plain quotes'],
    ['profile.x ==\n  1 +', 'SYNTAX', 2, 6, 'has to follow'],
    ['profile.größe > 2', 'SYNTAX', 1, 11, 'ASCII'],
    ['porfile.x == 1', 'UNKNOWN_NAME', 1, 1, 'profile?'],
    ['traits.plan == "a"', 'UNKNOWN_NAME', 1, 1, 'profile.traits'],
    ['profile.x == undefined', 'UNKNOWN_NAME', 1, 14, 'null'],
    ['profile.x == active', 'UNKNOWN_NAME', 1, 14, '"active"'],
    ['profile.l.exists(i, j > 1)', 'UNKNOWN_NAME', 1, 21, 'i?'],
    ['profile.x.startWith("a")', 'UNKNOWN_FUNCTION', 1, 11, 'startsWith'],
    ['lower(profile.x) == "a"', 'UNKNOWN_FUNCTION', 1, 1, 'lowerAscii'],
    ['contains(profile.x, "a")', 'UNKNOWN_FUNCTION', 1, 1, 'text.contains(part)'],
    ['profile.x.startsWith("a", "b")', 'WRONG_ARGUMENTS', 1, 1, 'text.startsWith(part)'],
    ['has(1)', 'WRONG_ARGUMENTS', 1, 1, 'has(profile'],
    ['profile.x.matches(event.y)', 'LITERAL_NEEDED', 1, 19, 'Such as'],
    ['profile.x.matches("(")', 'IMPOSSIBLE_VALUE', 1, 19, 'Such as'],
    ['timestamp("soon") > now', 'IMPOSSIBLE_VALUE', 1, 11, 'ISO 8601'],
    ['now.getHours("Mars") > 1', 'IMPOSSIBLE_VALUE', 1, 14, 'Europe/Berlin'],
    ['profile.x > 9007199254740993', 'IMPOSSIBLE_VALUE', 1, 13, 'text'],
    ['b"a" == profile.x', 'NOT_SUPPORTED', 1, 1, 'without the b'],
    ['cel.bind(x, 1, x > 1)', 'NOT_SUPPORTED', 1, 1, 'out'],
    ['(profile.x) > null', 'ALWAYS_FALSE', 1, 2, 'profile.x != null'],
    ['size(profile.x) == "3"', 'ALWAYS_FALSE', 1, 1, undefined],
    ['true &&\n size(profile.x)', 'NOT_A_CONDITION', 2, 2, 'Compare'],
    ['1 + 2', 'NOT_A_CONDITION', 1, 1, 'Compare'],
  ])('%s: %s at %d:%d', (source, code, line, column, hint) => {
    const [problem, ...others] = checkCondition(source)
    expect(others).toEqual([])
    expect(problem).toMatchObject({ code, line, column })
    if (hint) expect(problem?.hint).toContain(hint)
  })

  it('finds nothing wrong with what is right', () => {
    expect(checkCondition('profile.traits.plan == "pro" && event.properties.price > 10.0')).toEqual([])
    expect(checkCondition("event.type in ['a', 'b'] // a comment")).toEqual([])
    expect(checkCondition('now - duration("30d") < timestamp(profile.traits.since)')).toEqual([])
  })

  it('reports every problem, in the order of the text', () => {
    const codes = checkCondition('foo.x == 1 && bar(2) && profile.x < null').map((problem) => problem.code)
    expect(codes).toEqual(['UNKNOWN_NAME', 'UNKNOWN_FUNCTION', 'ALWAYS_FALSE'])
  })

  it('knows the names that the caller adds, and values that are no conditions', () => {
    expect(checkCondition('input.x == 1').map((problem) => problem.code)).toEqual(['UNKNOWN_NAME'])
    expect(checkCondition('input.x + 1', { names: ['input'], expects: 'value' })).toEqual([])
  })

  it('refuses texts that are too long or too nested', () => {
    expect(checkCondition(`${'('.repeat(500)}true${')'.repeat(500)}`)[0]?.code).toBe('TOO_LARGE')
    expect(checkCondition('true || '.repeat(3_000) + 'true')[0]?.code).toBe('TOO_LARGE')
    expect(checkCondition('true || '.repeat(2_000) + 'true')).toEqual([])
  })

  it('throws nothing, whatever the text; what it accepts compiles, the rest does not', () => {
    const words = fc.constantFrom(
      'profile',
      '.',
      'x',
      '==',
      '"',
      '(',
      ')',
      '[',
      ']',
      ' ',
      '1',
      '&&',
      '!',
      'null',
      ',',
      '\n',
      'has',
      '-',
      '?',
      ':',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 12 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (source) => {
        if (checkCondition(source).length === 0) compileCondition(source).explain({ profile: { x: [1] } })
        else expect(() => compileCondition(source)).toThrow(InvalidCondition)
      }),
      { numRuns: 2_000 },
    )
  })
})
