// The pages of lists of events.
import { activityPage, sqlPage, type Connection, type ConnectionArgs } from '@segue/graphql'
import type { EventContext, EventLoaders } from '../loaders.js'
import type { EventConditions } from '../sql/event-conditions.js'
import { BY_OCCURRENCE, BY_RECEIPT, listEventsByReceipt, listEventsOfType } from '../sql/list-events.js'
import { conditionsOf, type EventsArguments } from './event-arguments.js'
import type { EventNode } from './event.js'

/**
 * A page of events, newest first: by when they happened when a type or a profile is named, else by receipt, each the order that an index has.
 * Throws BAD_CURSOR, BAD_PAGE and BAD_ID.
 */
export async function findEvents(
  args: EventsArguments,
  { database, loaders }: EventContext,
): Promise<Connection<EventNode>> {
  const { profileId, ...filter } = conditionsOf(args.filter)
  if (profileId !== undefined) return await eventsOfProfile(profileId, args, filter, loaders)
  if (filter.type !== undefined) {
    const page = sqlPage(BY_OCCURRENCE, args)
    const events = await listEventsOfType(database, { ...filter, type: filter.type }, page)
    return await withEvents(page.connection(events), ({ id }) => id, loaders)
  }
  const page = sqlPage(BY_RECEIPT, args)
  return await withEvents(page.connection(await listEventsByReceipt(database, filter, page)), ({ id }) => id, loaders)
}

/** A page of a profile's events, the latest first. Many of these in one request are a handful of statements. */
export async function eventsOfProfile(
  profileId: string,
  args: ConnectionArgs,
  { from, to, ...event }: EventConditions,
  loaders: EventLoaders,
): Promise<Connection<EventNode>> {
  const { request, connection } = activityPage(profileId, args, { kind: 'event', from, to, event })
  return await withEvents(connection(await loaders.activity.load(request)), ({ ref }) => ref, loaders)
}

/** The same page with its events; one that is not kept any more is left out. */
async function withEvents<Place>(
  { edges, pageInfo }: Connection<Place>,
  idOf: (place: Place) => string,
  loaders: EventLoaders,
): Promise<Connection<EventNode>> {
  const events = await Promise.all(edges.map(({ node }) => loaders.event.load(idOf(node))))
  return {
    pageInfo,
    edges: edges.flatMap(({ cursor }, index) => {
      const node = events[index]
      return node ? [{ node, cursor }] : []
    }),
  }
}
