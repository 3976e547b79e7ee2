// The page of rights has the table that the code decides by.
import { expect, test } from '@jest/globals'
import { MASK, RIGHTS, ROLES } from '@segue/graphql'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

const page = await readFile(join(import.meta.dirname, '../../docs/reference/rights.md'), 'utf8')

test('every right is described with exactly the roles that have it', () => {
  const table = page.slice(page.indexOf('| right'), page.indexOf('## What a field needs'))
  const [head = '', , ...rows] = table.split('\n').filter((line) => line.startsWith('|'))
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  expect(cells(head)).toEqual(['right', ...ROLES])
  const described = rows
    .map(cells)
    .map(([right = '', ...marks]) => [right.replaceAll('`', ''), ROLES.filter((_, index) => marks[index] === 'yes')])
  expect(Object.fromEntries(described)).toEqual(RIGHTS)
})

test('the mask that is described is the one that is used', () => {
  expect(page).toContain(`a text becomes \`${MASK}\``)
})
