// Pages of a profile's activity as connections: timelines, events of profiles and runs of profiles.
import { toId, type ActivityEntry, type ActivityRequest } from '@segue/database'
import { readPageRequest, type Connection, type ConnectionArgs } from './connection.js'
import { decodeCursor } from './cursor.js'
import { BadCursor } from './errors.js'
import { sqlPage, type Keyset } from './keyset.js'

const ACTIVITY: Keyset<ActivityEntry> = {
  keys: [
    { column: 'at', kind: 'time', of: (entry) => entry.at },
    { column: 'kind', kind: 'text', of: (entry) => entry.kind },
    { column: 'ref', kind: 'id', of: (entry) => entry.ref },
  ],
  descending: true,
}

/** A page of a profile's activity: what to ask `activityPages` for, and the connection of what it gives. */
export interface ActivityPage {
  request: ActivityRequest
  connection: (entries: readonly ActivityEntry[]) => Connection<ActivityEntry>
}

/** Reads a connection's arguments as a page of activity, newest first. Throws BAD_CURSOR and BAD_PAGE. */
export function activityPage(
  profileId: string,
  args: ConnectionArgs,
  only: Pick<ActivityRequest, 'kind' | 'from' | 'to' | 'event'> = {},
): ActivityPage {
  const { backward, cursor } = readPageRequest(args)
  const { limit, connection } = sqlPage(ACTIVITY, args)
  const after = cursor === undefined ? undefined : entryOf(cursor, backward ? 'before' : 'after')
  return { request: { ...only, profileId, limit, oldestFirst: backward, after }, connection }
}

function entryOf(cursor: string, argument: string): ActivityEntry {
  const [at, kind, ref] = decodeCursor(cursor, ['time', 'text', 'id'], argument)
  if (!(at instanceof Date) || (kind !== 'event' && kind !== 'run') || !Buffer.isBuffer(ref)) {
    throw BadCursor({}, [argument])
  }
  return { at, kind, ref: toId(ref) }
}
