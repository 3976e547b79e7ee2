// The pages of lists of delayed events.
import { readId, sqlPage, type Connection, type ConnectionArgs, type Keyset, type PersonalData } from '@segue/graphql'
import type { Database } from '@segue/database'
import {
  selectDelayedEvents,
  waitsOfProfile,
  type DelayedEventRestriction,
  type DelayedEventRow,
} from '../sql/delayed-events.js'
import { DelayedEventErrorNode, DelayedEventNode, type DelayedEventFilter } from './delayed-event.js'

const ID = { column: 'id', kind: 'id', of: ({ id }: DelayedEventRow) => id } as const
/** Each has the order of the index that finds what is asked for. */
const OLDEST: Keyset<DelayedEventRow> = { keys: [ID] }
const BY_NODE: Keyset<DelayedEventRow> = { keys: [{ column: 'node_id', kind: 'text', of: ({ nodeId }) => nodeId }, ID] }
const BY_TIME: Keyset<DelayedEventRow> = {
  // What has no time is not due before any.
  keys: [{ column: 'due_at', kind: 'time', of: ({ dueAt }) => dueAt ?? new Date(0) }, ID],
}

/** A page of what matches. Throws BAD_ID, BAD_CURSOR and BAD_PAGE. */
export async function findDelayedEvents(
  database: Database,
  filter: DelayedEventFilter,
  args: ConnectionArgs,
  personal: PersonalData,
): Promise<Connection<DelayedEventNode>> {
  const restriction = await readFilter(database, filter, ['filter'])
  const keyset = filter.dueBefore != null ? BY_TIME : filter.workflowId != null ? BY_NODE : OLDEST
  const page = sqlPage(keyset, args)
  const { edges, pageInfo } = page.connection(await selectDelayedEvents(database, restriction, page))
  return { pageInfo, edges: edges.map(({ node, cursor }) => ({ cursor, node: toDelayedEvent(node, personal) })) }
}

/** A filter with its ids checked, and a profile's as the waits of its runs. Throws BAD_ID. */
export async function readFilter(
  database: Database,
  { workflowId, nodeId, kind, dead, profileId, dueBefore }: DelayedEventFilter,
  path: readonly string[],
): Promise<DelayedEventRestriction> {
  return {
    workflowId: workflowId == null ? undefined : readId(workflowId, [...path, 'workflowId']),
    nodeId: nodeId ?? undefined,
    kind: kind ?? undefined,
    dead: dead ?? undefined,
    dueBefore: dueBefore ?? undefined,
    ids: profileId == null ? undefined : await waitsOfProfile(database, readId(profileId, [...path, 'profileId'])),
  }
}

/** A row as the API shows it. What a failure says may quote what the run works on. */
export function toDelayedEvent({ by, error, ...row }: DelayedEventRow, personal: PersonalData): DelayedEventNode {
  const { code, message } = error ?? {}
  return Object.assign(new DelayedEventNode(), row, {
    cancelledBy: by,
    error: error
      ? Object.assign(new DelayedEventErrorNode(), {
          code: typeof code === 'string' ? code : null,
          message: personal.text(typeof message === 'string' ? message : JSON.stringify(error)),
        })
      : null,
  })
}
