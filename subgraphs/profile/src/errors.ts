// What a caller of the profile subgraph can do wrong.
import { userError } from '@segue/graphql'

export const UnknownIdentityKind = userError(
  'UNKNOWN_IDENTITY_KIND',
  404,
  'There is no kind of identity called {kind}.',
)
