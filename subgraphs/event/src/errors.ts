// What a caller of the event subgraph can do wrong.
import { userError } from '@segue/graphql'

export const BadSourceId = userError(
  'BAD_SOURCE_ID',
  400,
  'An event source’s id has 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit.',
)
export const SourceExists = userError('SOURCE_EXISTS', 409, 'There is an event source with the id {id} already.')
export const SourceNotFound = userError('SOURCE_NOT_FOUND', 404, 'There is no event source with the id {id}.')
export const StaleSource = userError(
  'STALE_SOURCE',
  409,
  'Somebody changed this event source since version {version}. Look at what it is now and change that.',
)
export const PixelCarriesNoKey = userError(
  'PIXEL_CARRIES_NO_KEY',
  409,
  'A pixel cannot send a write key, so it can have none and cannot be trusted. Make a source of another channel.',
)
export const TrustedWithoutKey = userError(
  'TRUSTED_WITHOUT_KEY',
  409,
  'The event source {id} has no write key: if it were trusted, anybody who knows its id would be. Give it one with rotateWriteKey first.',
)
export const BadOrigin = userError(
  'BAD_ORIGIN',
  400,
  '{origin} is not an origin. Write scheme and host, and the port where it is not the usual one: https://shop.example.',
)
export const BadTypeId = userError(
  'BAD_TYPE_ID',
  400,
  'An event type’s id has 1 to 128 characters, none of them a control character, and no space at either end.',
)
export const TypeExists = userError('TYPE_EXISTS', 409, 'There is an event type with the id {id} already.')
export const TypeNotFound = userError('TYPE_NOT_FOUND', 404, 'There is no event type with the id {id}.')
export const StaleType = userError(
  'STALE_TYPE',
  409,
  'Somebody changed this event type since version {version}. Look at what it is now and change that.',
)
export const BuiltInType = userError(
  'BUILT_IN_TYPE',
  409,
  'The event type {id} is built in: it can be changed, but not removed.',
)
export const BadMapping = userError('BAD_MAPPING', 400, '{problem}')
export const InvalidSchema = userError('INVALID_SCHEMA', 400, 'The schema cannot be used: {reason}')
export const SchemaNotFound = userError('SCHEMA_NOT_FOUND', 404, 'There is no such schema.')
export const TooManyLetters = userError('TOO_MANY_LETTERS', 400, 'At most {limit} dead letters a call, not {count}.')
