// What every subgraph shares: schema building, sign-in check, connections, scalars, user errors.
import 'reflect-metadata'

export { startSubgraph, type RunningSubgraph } from './subgraph.js'
export {
  CLIENT_ADDRESS_HEADER,
  REFRESH_TOKEN_HEADER,
  SET_REFRESH_TOKEN_HEADER,
  SIGNATURE_HEADER,
  createGatewaySigner,
  gatewayKey,
  type GatewayRequest,
  type GatewaySigner,
} from './gateway-signature.js'
export {
  cameByHttps,
  clientAddressOf,
  networks,
  refuseStrangers,
  trustedNetworks,
  type Networks,
} from './trusted-networks.js'
export { readSubgraphConfig, json, tokenPublicKeys, type SubgraphConfig, type SubgraphName } from './subgraph-config.js'
export {
  buildSubgraph,
  type BuiltSubgraph,
  type ReferenceResolver,
  type SubgraphDefinition,
  type SubgraphSchema,
} from './subgraph-schema.js'
export type { MutationContext, SubgraphContext } from './context.js'
export type { Transactions } from './transactions.js'

export { ConnectionArgs, PageInfo, connectionType, type Connection } from './connection.js'
export { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './connection.js'
export { readPageRequest, type PageRequest } from './connection.js'
export { activityPage, type ActivityPage } from './activity-page.js'
export { Count } from './count.js'
export { decodeCursor } from './cursor.js'
export { findPage, sqlPage, type Key, type Keyset, type SqlPage } from './keyset.js'

export { BadCursor, InvalidInput, UserError, userError } from './errors.js'
export { NotSignedIn, SessionEnded, TokenExpired, UnknownOperation, WrongEnvironment } from './errors.js'
export { SubscriptionOverHttp, SubscriptionsOnly, TooManySubscriptions } from './errors.js'
export { asPayload, MutationInput, MutationPayload, MutationUserError, StaleSave, staleSave } from './mutation.js'
export type { AuditedChange } from './audit.js'
export { saveVersion, type SavedVersion } from './save-version.js'
export { Secret } from './secret.js'
export { IsName, readId } from './input.js'
export { GraphQLJSON, GraphQLJSONObject, GraphQLDateTime } from 'graphql-scalars'

export { RIGHTS, ROLES, Right, isRight, may, mayRow, refusal } from './rights.js'
export type { RightName, Role, SignedInAccount } from './rights.js'
export {
  personalDataFor,
  type EventTypeMappings,
  type PersonalData,
  type PersonalEvent,
  type PersonalLetter,
  type PersonalProfile,
} from './personal-data.js'
export { personalFields } from './personal-fields.js'
export { MASK } from './personal-mask.js'
export { createRightsCheck, neededRights, operationOf, type RightsCheck } from './needed-rights.js'
export {
  ACCESS_TOKEN_SECONDS,
  createTokenSigner,
  createTokenVerifier,
  type Environment,
  type TokenAccount,
  type TokenSigner,
  type TokenVerifier,
} from './access-token.js'
export { watchRevocations, type Revocations } from './revocations.js'
export { generateTokenKeys, type TokenKeys } from './token-keys.js'

export { MAX_COST, measure, type Cost } from './query-cost.js'
export { checkLiterals, coerceVariables, MAX_TOKENS } from './query-limits.js'
export { describeError, type DescribedError } from './describe-error.js'
export type { GraphqlServer } from './http-server.js'
export { liveTopic, LiveMessage } from './live/live-topic.js'
export type { Collector, LiveRoot, LiveTopic, TopicMaker } from './live/live-topic.js'
export { ChangeCount } from './live/change-count.js'
export { NewestItems } from './live/newest-items.js'
export { watchedProfile, type WatchedProfile } from './live/watched-profile.js'
export { closeForRestart } from './live/close-for-restart.js'
export { signConnection, signSubscription } from './live/live-signature.js'
export type { LiveClient, LiveExtensions } from './live/live-signature.js'
export type { LivePayload } from './live/live-operation.js'
export { countStatements, type StatementCount } from './count-statements.js'
