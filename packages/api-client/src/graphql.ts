// Documents whose results and variables are typed by their own text.
import { initGraphQLTada } from 'gql.tada'
import type { Schema } from './schema.js'

/** JSON of any shape: look at it before you use it. */
export type JsonObject = { readonly [key: string]: unknown }

/**
 * A document out of its text, for `request` and `subscribe`: one operation, with the fragments that it spreads in the list after it. Fields that the API does
 * not have, and values of other types than its own, are errors of the compiler. Instants are ISO 8601 strings, ids are strings.
 */
export const graphql = initGraphQLTada<{
  introspection: Schema
  disableMasking: true
  scalars: { DateTime: string; JSON: unknown; JSONObject: JsonObject }
}>()
