// No right, no execution: every root field of an operation is checked before any of them runs.
import type { ApolloServerPlugin } from '@apollo/server'
import { Kind, type FragmentDefinitionNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import { UnknownOperation } from './errors.js'
import { refusal, type RightName, type SignedInAccount } from './rights.js'

const ROOT_TYPES = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

/** Refuses operations whose account lacks the right that `rightOf` names for a root field: UNAUTHENTICATED (401) or FORBIDDEN (403). */
export function signInPlugin<Context extends { account: SignedInAccount | undefined }>(
  rightOf: (type: string, field: string) => RightName,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, document, contextValue }) {
          if (!operation) throw UnknownOperation()
          for (const field of rootFields(operation, document.definitions.filter(isFragment))) {
            const error = refusal(contextValue.account, rightOf(ROOT_TYPES[operation.operation], field))
            if (error) throw error
          }
        },
      }
    },
  }
}

/** Names of the fields an operation selects at its root, also through fragments; directives that leave fields out are not looked at. */
function rootFields(operation: OperationDefinitionNode, fragments: readonly FragmentDefinitionNode[]): Set<string> {
  const names = new Set<string>()
  const seen = new Set<string>()
  const collect = (selections: SelectionSetNode): void => {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.find((candidate) => candidate.name.value === selection.name.value)
        if (fragment) collect(fragment.selectionSet)
      }
    }
  }
  collect(operation.selectionSet)
  return names
}

function isFragment(node: { kind: string }): node is FragmentDefinitionNode {
  return node.kind === Kind.FRAGMENT_DEFINITION
}
