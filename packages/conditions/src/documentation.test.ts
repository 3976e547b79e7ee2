import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { FUNCTIONS, MACROS, PROBLEM_CODES } from './index.js'

describe('docs/reference/conditions.md', () => {
  const page = readFileSync(new URL('../../../docs/reference/conditions.md', import.meta.url), 'utf8')

  it('lists every function with its result and help', () => {
    const rows = [...FUNCTIONS, ...Object.values(MACROS)].map(({ signature, returns, help }) => [
      `\`${signature}\``,
      returns,
      help,
    ])
    const listed = page.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    for (const row of rows) expect(listed).toContainEqual(row)
  })

  it('lists every code of a problem', () => {
    for (const [code, meaning] of Object.entries(PROBLEM_CODES)) {
      expect(page).toMatch(new RegExp(`\`${code}\` +\\| ${meaning.replace(/[.()|]/g, '\\$&')}`))
    }
  })
})
