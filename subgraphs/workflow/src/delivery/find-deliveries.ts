// The pages of lists of deliveries.
import { idsHoldingRows, resolveAliases, toBytes, type Database } from '@segue/database'
import { readId, sqlPage, type Connection, type ConnectionArgs, type Keyset, type PersonalData } from '@segue/graphql'
import type { JsonValue } from '@segue/workflow-engine'
import { selectDeliveries, type DeliveryJson, type DeliveryRestriction } from '../sql/deliveries.js'
import {
  DeliveryErrorNode,
  DeliveryNode,
  type DeliveryDetail,
  type DeliveryFilter,
  type DeliveryRow,
} from './delivery.js'

const NEWEST: Keyset<DeliveryRow> = { keys: [{ column: 'id', kind: 'id', of: ({ id }) => id }], descending: true }

/** A page of what matches, the newest first. Throws BAD_ID, BAD_CURSOR and BAD_PAGE. */
export async function findDeliveries(
  database: Database,
  filter: DeliveryFilter,
  args: ConnectionArgs,
): Promise<Connection<DeliveryNode>> {
  const page = sqlPage(NEWEST, args)
  const restriction = await readDeliveryFilter(database, filter, ['filter'])
  const { edges, pageInfo } = page.connection(await selectDeliveries(database, restriction, page))
  return { pageInfo, edges: edges.map(({ node, cursor }) => ({ cursor, node: toDelivery(node) })) }
}

/** A filter with its ids checked. Those of a run are among its workflow's since it began, which an index finds. Throws BAD_ID. */
export async function readDeliveryFilter(
  database: Database,
  { state, workflowId, destination, runId, profileId, createdFrom, createdBefore, errorCode }: DeliveryFilter,
  path: readonly string[],
): Promise<DeliveryRestriction> {
  const restriction: DeliveryRestriction = {
    state: state ?? undefined,
    workflowId: workflowId == null ? undefined : readId(workflowId, [...path, 'workflowId']),
    destination: destination ?? undefined,
    runId: runId == null ? undefined : readId(runId, [...path, 'runId']),
    createdFrom: createdFrom ?? undefined,
    createdBefore: createdBefore ?? undefined,
    errorCode: errorCode ?? undefined,
  }
  if (profileId != null) {
    const [canonical = ''] = await resolveAliases(database, [readId(profileId, [...path, 'profileId'])])
    restriction.profileIds = (await idsHoldingRows(database, [canonical])).get(canonical)
  }
  if (restriction.runId !== undefined && restriction.createdFrom === undefined) {
    const [run] = await database.query<{ started_at: Date }[]>('SELECT started_at FROM workflow_run WHERE id = ?', [
      toBytes(restriction.runId),
    ])
    restriction.createdFrom = run?.started_at
  }
  return restriction
}

export function toDelivery(row: DeliveryRow): DeliveryNode {
  return Object.assign(new DeliveryNode(), row)
}

/** What one sent and got. It may hold anything of the person, and so may what the other side says, so it is personal as a whole. */
export function toDetail(json: DeliveryJson | undefined, personal: PersonalData): DeliveryDetail {
  const [request, response, error, consents] = [
    json?.request,
    json?.response,
    json?.error,
    json?.required_consents,
  ].map((value) => (typeof value === 'string' ? JSON.parse(value) : (value ?? null)) as JsonValue)
  return {
    request: personal.whole(request ?? null),
    response: personal.whole(response ?? null),
    status: numberOrNull(objectOf(response)['status']),
    error: toError(objectOf(error), personal),
    requiredConsents: Array.isArray(consents) ? consents.map(String) : [],
  }
}

function toError(error: Record<string, unknown>, personal: PersonalData): DeliveryErrorNode | null {
  const { code, message } = error
  if (code === undefined && message === undefined) return null
  return Object.assign(new DeliveryErrorNode(), {
    code: typeof code === 'string' ? code : null,
    message: personal.text(typeof message === 'string' ? message : ''),
  })
}

function objectOf(value: JsonValue | undefined): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function numberOrNull(value: unknown): number | null {
  return Number.isInteger(value) ? Number(value) : null
}
