// What an event is on its way from the edge to the worker: envelope, ids, identity kinds, event types.
export { wellFormedJson, type JsonObject, type JsonValue } from './json.js'
export { END_OF_TIME } from './envelope.js'
export type { Envelope, EnvelopeContext, IdentityClaim, InboxResult, Protocol } from './envelope.js'
export { INBOX_PARTITIONS, partitionOf } from './partition.js'
export { profileIds, type ProfileIds } from './profile-id.js'
export { BUILT_IN_IDENTITY_KINDS, normalizeIdentity, type IdentityKind, type Normalization } from './identity-kind.js'
export type {
  EventMapping,
  EventSchema,
  EventType,
  FieldOperation,
  IdentityMapping,
  ProfileMapping,
  SlotColumn,
} from './event-type.js'
export { KNOWN_EVENT_TYPES } from './event-types/index.js'
export { compileSchemas, type CompiledSchemas, type SchemaCheck, type SchemaProblem } from './event-schemas.js'
export {
  isWithin,
  personalEventPaths,
  PERSONAL_NAMES,
  PERSONAL_PATHS,
  PERSONAL_WORDS,
  PERSON_WORDS,
  PERSONS,
} from './personal-fields.js'
