// What resolvers read, gathered over a request: each loader turns the loads of one moment into a few statements.
import {
  activityPages,
  Event as EventRow,
  EventSchema,
  EventSource,
  EventType,
  resolveAliases,
  toBytes,
  type ActivityEntry,
  type ActivityRequest,
} from '@segue/database'
import type { EventTypeMappings, MutationContext, PersonalData, SubgraphContext } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource } from 'typeorm'
import { toEvent, type EventNode } from './event/event.js'

export interface EventLoaders {
  event: DataLoader<string, EventNode | null>
  source: DataLoader<string, EventSource | null>
  type: DataLoader<string, EventType | null>
  /** By event type. */
  schemas: DataLoader<string, EventSchema[]>
  /** The canonical id of a profile. */
  canonicalId: DataLoader<string, string>
  /** A page of a profile's activity. */
  activity: DataLoader<ActivityRequest, ActivityEntry[]>
}

export type EventContext = SubgraphContext<EventLoaders>
export type EventMutationContext = MutationContext<EventLoaders>

/** New loaders over a database, for one request; what they read of personal data is masked by `personal`. */
export function eventLoaders(database: DataSource, personal: PersonalData): EventLoaders {
  const loaders: EventLoaders = {
    event: new DataLoader(async (ids) => {
      const rows = await database
        .getRepository(EventRow)
        .createQueryBuilder('event')
        .where('event.id IN (:...ids)', { ids: ids.map(toBytes) })
        .getMany()
      const types = await mappingsOf(rows, loaders, personal)
      const byId = new Map(rows.map((row) => [row.id, personal.event(toEvent(row), types.get(row.type) ?? null)]))
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),
    source: new DataLoader(async (ids) => {
      const rows = await database.getRepository(EventSource).findBy({ id: In(ids) })
      return ids.map((id) => rows.find((row) => row.id === id) ?? null)
    }),
    type: new DataLoader(async (ids) => {
      const rows = await database.getRepository(EventType).findBy({ id: In(ids) })
      return ids.map((id) => rows.find((row) => row.id === id) ?? null)
    }),
    schemas: new DataLoader(async (types) => {
      const rows = await database
        .getRepository(EventSchema)
        .find({ where: { eventTypeId: In(types) }, order: { sourceId: 'ASC' } })
      return types.map((type) => rows.filter((row) => row.eventTypeId === type))
    }),
    canonicalId: new DataLoader((ids) => resolveAliases(database, ids)),
    activity: new DataLoader((requests) => activityPages(database, requests)),
  }
  return loaders
}

/** What is known of the types of events or letters, one statement for all; nothing when no mask needs it. */
export async function mappingsOf(
  rows: readonly { type: string }[],
  loaders: Pick<EventLoaders, 'type'>,
  personal: PersonalData,
): Promise<ReadonlyMap<string, EventTypeMappings>> {
  if (personal.visible) return new Map()
  const ids = [...new Set(rows.map(({ type }) => type))]
  const types = await Promise.all(ids.map((id) => loaders.type.load(id)))
  // As they were checked when they were saved.
  return new Map(types.flatMap((type) => (type ? [[type.id, type as unknown as EventTypeMappings]] : [])))
}
