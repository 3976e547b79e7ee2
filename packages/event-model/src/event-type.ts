// What is known of an event type: its schema, what it copies where, whom it identifies. Data, kept in table `event_type`.
import type { JsonObject, JsonValue } from './json.js'

/** Operations on a profile's field; see the pipeline's `merge` for how two writes of one field meet. */
export type FieldOperation = 'set' | 'setOnce' | 'append' | 'increment' | 'decrement' | 'delete'

/** Copies a value of the event to the profile. */
export interface ProfileMapping {
  /** Path on the profile, as `data.contact.email.main`; a part in braces is read from the event: `interests.{properties.interest}`. */
  to: string
  /** Path on the event (`properties.…`, `data.…`, `context.…`), or */
  from?: string
  /** a constant instead. */
  value?: JsonValue
  operation: FieldOperation
}

/**
 * Copies a property into the event's typed documents (`data.…`), which conditions and profile mappings read. Mappings apply in order and
 * an absent source writes nothing, so a constant followed by a copy to the same path is a default. Numbers in a path index lists.
 */
export interface EventMapping {
  to: string
  from?: string
  value?: JsonValue
}

/** Says that a property of such events is an identity of its person. */
export interface IdentityMapping {
  kind: string
  from: string
}

/** Names of the typed, indexed columns of `event` that segment conditions sum and compare. */
export type SlotColumn = 'number_1' | 'number_2' | 'number_3' | 'text_1' | 'text_2'

export interface EventType {
  id: string
  name: string
  group: string
  description: string
  tags: string[]
  journeyStage: string | null
  /** A sample of its properties, shown when an event is composed by hand. */
  sample: JsonObject
  eventMappings: EventMapping[]
  profileMappings: ProfileMapping[]
  identities: IdentityMapping[]
  /** Which property fills which slot column, as `{ number_1: 'properties.value' }`. */
  slots: Partial<Record<SlotColumn, string>>
}

/** A JSON Schema that events of a type from a source must follow; `sourceId` null means from every source. */
export interface EventSchema {
  eventTypeId: string
  sourceId: string | null
  schema: JsonObject
  /** What happens to one that does not: kept and flagged, or the whole request refused at the collector. */
  onInvalid: 'flag' | 'refuse'
}
