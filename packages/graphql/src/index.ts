// What every subgraph shares: schema building, sign-in check, connections, scalars, user errors.
import 'reflect-metadata'

export { CLIENT_ADDRESS_HEADER, startSubgraph, type RunningSubgraph } from './subgraph.js'
export { readSubgraphConfig, json, tokenPublicKeys, type SubgraphConfig, type SubgraphName } from './subgraph-config.js'
export {
  buildSubgraph,
  type BuiltSubgraph,
  type ReferenceResolver,
  type SubgraphDefinition,
  type SubgraphSchema,
} from './subgraph-schema.js'
export type { SubgraphContext } from './context.js'

export { ConnectionArgs, PageInfo, connectionType, type Connection } from './connection.js'
export { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './connection.js'
export { readPageRequest, type PageRequest } from './connection.js'
export { activityPage, type ActivityPage } from './activity-page.js'
export { Count } from './count.js'
export { decodeCursor } from './cursor.js'
export { findPage, sqlPage, type Key, type Keyset, type SqlPage } from './keyset.js'

export { UserError, userError } from './errors.js'
export { asPayload, MutationInput, MutationPayload, MutationUserError } from './mutation.js'
export { readId } from './input.js'
export { GraphQLJSON, GraphQLJSONObject, GraphQLDateTime } from 'graphql-scalars'

export { RIGHTS, Right, type RightName, type Role, type SignedInAccount } from './rights.js'
export {
  ACCESS_TOKEN_SECONDS,
  createTokenSigner,
  createTokenVerifier,
  type Environment,
  type TokenSigner,
  type TokenVerifier,
} from './access-token.js'
export { generateTokenKeys, type TokenKeys } from './token-keys.js'

export { apolloOptions } from './apollo-options.js'
export { serveGraphql, type GraphqlServer } from './http-server.js'
export { countStatements, type StatementCount } from './count-statements.js'
