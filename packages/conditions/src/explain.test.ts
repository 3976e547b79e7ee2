import { describe, expect, it } from '@jest/globals'
import { compileCondition } from './index.js'

describe('explain', () => {
  const condition = compileCondition(
    '(profile.plan == "pro" || profile.age > 30)\n  && !(event.type == "x") && size(event.items) > 2',
  )
  const context = { profile: { plan: 'free', age: 'old' }, event: { type: 'y', items: [1] } }

  it('splits a condition into its parts, with their text and place', () => {
    const explained = condition.explain(context)
    expect(explained.children.map((part) => part.source)).toEqual([
      'profile.plan == "pro" || profile.age > 30',
      '!(event.type == "x")',
      'size(event.items) > 2',
    ])
    expect(explained.children.map((part) => part.holds)).toEqual([false, true, false])
    expect(explained.children[1]?.position).toMatchObject({ line: 2, column: 6 })
    expect(explained.source).toBe(condition.source)
  })

  it('shows the values that a part saw', () => {
    const [, , third] = condition.explain(context).children
    expect(third?.operands).toEqual([
      { source: 'size(event.items)', value: 1 },
      { source: 'event.items', value: [1] },
    ])
  })

  it('says why a part does not hold when its data does not fit', () => {
    const [either] = condition.explain(context).children
    expect(either?.children.map((part) => part.note)).toEqual([undefined, 'A string is compared with a number.'])
    expect(condition.explain({}).children[0]?.children[0]?.note).toBe('profile.plan is absent.')
  })

  it('evaluates parts that the whole did not need', () => {
    const explained = compileCondition('false && profile.plan == "free"').explain(context)
    expect(explained.children.map((part) => part.holds)).toEqual([false, true])
  })
})
