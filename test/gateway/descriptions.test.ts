// The schema explains itself: whatever a client can see or say has a description.
import { expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { Kind, parse, visit, type ASTNode } from 'graphql'
import { SUPERGRAPH_FILE } from '../../gateway/compose.mjs'

/** Shorter is a name said twice. */
const SHORTEST = 5

test('every type, field, argument, input and value of the supergraph is described', async () => {
  const document = parse(await readFile(SUPERGRAPH_FILE, 'utf8'))
  const missing: string[] = []
  const path: string[] = []
  const described = new Set<string>([
    Kind.OBJECT_TYPE_DEFINITION,
    Kind.INTERFACE_TYPE_DEFINITION,
    Kind.UNION_TYPE_DEFINITION,
    Kind.ENUM_TYPE_DEFINITION,
    Kind.INPUT_OBJECT_TYPE_DEFINITION,
    Kind.SCALAR_TYPE_DEFINITION,
    Kind.FIELD_DEFINITION,
    Kind.INPUT_VALUE_DEFINITION,
    Kind.ENUM_VALUE_DEFINITION,
  ])
  let looked = 0
  visit(document, {
    // The gateway's own: clients see none of it.
    DirectiveDefinition: () => false,
    enter(node: ASTNode) {
      if (!described.has(node.kind) || !('name' in node) || !node.name) return undefined
      if (node.name.value.includes('__')) return false
      path.push(node.name.value)
      looked += 1
      const root = path.length === 1 && /^(Query|Mutation|Subscription)$/.test(node.name.value)
      const text = 'description' in node ? (node.description?.value.trim() ?? '') : ''
      if (!root && (text.length < SHORTEST || !/[.!?]$/.test(text))) missing.push(path.join('.'))
      return undefined
    },
    leave(node: ASTNode) {
      if (described.has(node.kind)) path.pop()
    },
  })
  expect(missing).toEqual([])
  expect(looked).toBeGreaterThan(500)
})
