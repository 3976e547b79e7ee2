// No right, no execution: all that an operation selects is checked before any of it runs.
import type { ApolloServerPlugin } from '@apollo/server'
import type { RightsCheck } from './needed-rights.js'
import type { SignedInAccount } from './rights.js'

/** Refuses operations whose account lacks a right that they need: UNAUTHENTICATED (401) or FORBIDDEN (403). */
export function signInPlugin<Context extends { account: SignedInAccount | undefined }>(
  refusalOf: RightsCheck,
): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operationName, contextValue }) {
          const error = refusalOf(contextValue.account, document, operationName)
          if (error) throw error
        },
      }
    },
  }
}
