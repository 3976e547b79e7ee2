// Writes what the runs of a batch did and want done: their rows, what they wait for, deliveries, events. After the profiles, in the lock order of all workers.
import { toBytes, toId } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import type { Cause, Effect, Wait } from '@segue/workflow-engine'
import { hash } from 'node:crypto'
import type { Connection } from 'mysql2/promise'
import { v7 } from 'uuid'
import type { Batch, WorkingRun } from '../batch.js'
import {
  deleteDelayed,
  deleteSegmentWaits,
  endWaits,
  insertDelayed,
  insertSegmentWaits,
  selectCancelled,
  type NewDelayed,
} from '../sql/delayed-event.js'
import {
  insertDeliveries,
  insertEmitted,
  selectFinishedDeliveries,
  takePlaces,
  type NewDelivery,
  type Queue,
} from '../sql/effects.js'
import { deleteMemory, insertContacts, moveContacts, upsertMemory } from '../sql/memory.js'
import { deleteRunStates, moveFailedRuns, upsertRunStates, type RunStateRow } from '../sql/run-state.js'
import { selectEndsOfChildren, upsertRuns } from '../sql/run.js'
import { personOf } from './execute.js'

/** From what events of workflows come. */
const WORKFLOW_SOURCE = 'workflow'

export async function saveRuns(tx: Connection, batch: Batch): Promise<void> {
  await moveToCanonical(tx, batch)
  await upsertRuns(tx, batch)
  await saveStates(tx, batch)
  await upsertMemory(tx, batch.memory.changes())
  await saveEffects(tx, batch)
  await saveWaits(tx, batch)
}

/** What hangs on profiles that became aliases in this batch. Waiting runs are among the batch's, the rest is moved by statements. */
async function moveToCanonical(tx: Connection, batch: Batch): Promise<void> {
  const retired = batch.retired.filter((id) => batch.profiles.get(id)?.isNew === false).map(toBytes)
  await moveFailedRuns(tx, retired)
  await moveContacts(tx, retired)
  await deleteMemory(tx, retired)
}

async function saveStates(tx: Connection, batch: Batch): Promise<void> {
  const moved = batch.retired.length > 0 ? runsOfRetired(batch) : []
  const kept = new Set([...batch.runs.filter(isKept), ...moved])
  const rows = [...kept].map((run): RunStateRow => ({
    runId: run.id,
    workflowId: run.workflowId,
    version: run.version,
    profileId: personOf(run)?.bytes ?? null,
    original: run.original,
    state: run.state === 'failed' ? 'failed' : 'waiting',
    run: run.run,
  }))
  rows.sort((a, b) => Buffer.compare(a.runId, b.runId))
  await upsertRunStates(tx, rows, batch.now)
  const ended = batch.runs.filter((run) => run.isStored && !isKept(run)).map(({ id }) => id)
  await deleteRunStates(tx, ended.sort(Buffer.compare))
}

/** Waiting runs go on, failed ones may be tried again. */
function isKept({ state }: WorkingRun): boolean {
  return state === 'waiting' || state === 'failed'
}

function runsOfRetired(batch: Batch): WorkingRun[] {
  return [...batch.waiting.values()].flatMap((runs) => [...runs]).filter(({ profile }) => profile?.mergedInto)
}

async function saveEffects(tx: Connection, batch: Batch): Promise<void> {
  const deliveries: NewDelivery[] = []
  const emitted: Envelope[] = []
  const contacts: Parameters<typeof insertContacts>[1] = []
  for (const { run, effect } of batch.effects) {
    const profile = personOf(run)
    if (effect.kind === 'deliver') deliveries.push(deliveryOf(run, effect))
    else if (effect.kind === 'emit') emitted.push(envelopeOf(batch, run, effect))
    else if (effect.kind === 'contact' && profile)
      contacts.push({ profile, channel: effect.channel, deliveryId: toBytes(effect.deliveryId) })
  }
  await insertContacts(tx, contacts, batch.now)
  await insertDeliveries(tx, deliveries, batch.now)
  await insertEmitted(tx, emitted)
}

function deliveryOf(run: WorkingRun, { nodeId, delivery }: Effect & { kind: 'deliver' }): NewDelivery {
  return {
    delivery,
    runId: run.id,
    workflowId: run.workflowId,
    nodeId,
    profileId: personOf(run)?.bytes ?? null,
  }
}

function envelopeOf(batch: Batch, run: WorkingRun, { event }: Effect & { kind: 'emit' }): Envelope {
  const eventId = v7()
  const profile = personOf(run)
  return {
    v: 1,
    eventId,
    requestId: toId(run.id),
    protocol: 'workflow',
    sourceId: WORKFLOW_SOURCE,
    trusted: true,
    receivedAt: batch.now,
    occurredAt: batch.now,
    type: event.type,
    properties: event.properties,
    context: {},
    ...(profile ? { profileId: profile.id } : { profileLess: true }),
    identities: [],
    depth: run.run.depth + 1,
  }
}

/** Waits last: their rows are what workers meet at. */
async function saveWaits(tx: Connection, batch: Batch): Promise<void> {
  const began = [...batch.began.values()]
  const ended = [...batch.ended].map(toBytes).sort(Buffer.compare)
  const places = await takePlacesFor(tx, batch, began)
  // Somebody may have cancelled a run that went on before that was carried out: it is cancelled where it waits now.
  const cancelled = await selectCancelled(tx, ended)
  const rows = began.map(({ run, wait }): NewDelayed => {
    const outcome = cancelled.get(run.id.toString('hex')) ?? null
    return {
      id: toBytes(wait.id),
      runId: run.id,
      workflowId: run.workflowId,
      nodeId: wait.nodeId,
      kind: wait.awaits.kind,
      dueAt: outcome ? batch.now : (places.get(wait) ?? wait.until),
      outcome,
    }
  })
  await insertDelayed(tx, [...rows, ...startsOf(batch)], batch.now)
  await insertSegmentWaits(
    tx,
    began.flatMap(({ run, wait: { id, awaits } }) =>
      awaits.kind === 'segment'
        ? [{ segmentId: toBytes(awaits.segmentId), delayedEventId: toBytes(id), runId: run.id }]
        : [],
    ),
  )
  await deleteDelayed(tx, ended)
  await deleteSegmentWaits(tx, ended)
  await endWaits(tx, [...parentsOf(batch), ...(await answeredMeanwhile(tx, batch, began))], batch.now)
}

/**
 * Waits of runs that are tried again whose delivery, or whose sub-workflow's run, was finished while nobody waited. What is finished from now on finds
 * its wait; a delivery's row is read after the wait was written, and its worker writes the row first.
 */
async function answeredMeanwhile(
  tx: Connection,
  batch: Batch,
  began: { run: WorkingRun; wait: Wait }[],
): Promise<{ id: Buffer; cause: Cause }[]> {
  return [...(await delivered(tx, batch, began)), ...(await childrenEnded(tx, batch, began))]
}

/** What their ends gave is not kept: the parent goes on with nothing. */
async function childrenEnded(
  tx: Connection,
  batch: Batch,
  began: { run: WorkingRun; wait: Wait }[],
): Promise<{ id: Buffer; cause: Cause }[]> {
  const made = new Set(batch.effects.flatMap(({ effect }) => (effect.kind === 'start' ? [effect.waitId] : [])))
  const older = began.flatMap(({ run, wait: { id, awaits } }) =>
    awaits.kind === 'run' && !made.has(id) ? [{ id, parent: run.id, workflowId: toBytes(awaits.workflowId) }] : [],
  )
  const ends = await selectEndsOfChildren(tx, older)
  return older.flatMap(({ id, parent, workflowId }): { id: Buffer; cause: Cause }[] => {
    const state = ends.get(`${parent.toString('hex')} ${workflowId.toString('hex')}`)
    return state ? [{ id: toBytes(id), cause: { kind: 'run', state, output: null } }] : []
  })
}

async function delivered(
  tx: Connection,
  batch: Batch,
  began: { wait: Wait }[],
): Promise<{ id: Buffer; cause: Cause }[]> {
  const made = new Set(batch.effects.flatMap(({ effect }) => (effect.kind === 'deliver' ? [effect.delivery.id] : [])))
  const older = new Map<string, Wait>()
  for (const { wait } of began)
    if (wait.awaits.kind === 'delivery' && !made.has(wait.awaits.deliveryId)) older.set(wait.awaits.deliveryId, wait)
  const finished = await selectFinishedDeliveries(tx, [...older.keys()].map(toBytes))
  return finished.flatMap(({ id, cause }) => {
    const wait = older.get(toId(id))
    return wait ? [{ id: toBytes(wait.id), cause }] : []
  })
}

/** Runs of sub-workflows begin as delayed events that are due: by whoever resumes runs, in a transaction of their own. */
function startsOf(batch: Batch): NewDelayed[] {
  return batch.effects.flatMap(({ run, effect }): NewDelayed[] => {
    if (effect.kind !== 'start') return []
    const { nodeId, workflowId, input, waitId } = effect
    return [
      {
        id: toBytes(v7()),
        runId: toBytes(v7()),
        workflowId: toBytes(workflowId),
        nodeId,
        kind: 'start',
        dueAt: batch.now,
        outcome: {
          kind: 'start',
          input,
          depth: run.run.depth + 1,
          profileId: personOf(run)?.id ?? null,
          parent: { runId: toId(run.id), waitId },
        },
      },
    ]
  })
}

/** The waits of parents whose sub-workflow's run ended. */
function parentsOf(batch: Batch): { id: Buffer; cause: Cause }[] {
  const answers = [...batch.answers].map(([id, cause]) => ({ id: toBytes(id), cause }))
  const ends = batch.runs.flatMap(({ state, run: { parent }, output }): { id: Buffer; cause: Cause }[] => {
    if (state === 'waiting' || !parent || parent.waitId === null) return []
    return [{ id: toBytes(parent.waitId), cause: { kind: 'run', state, output } }]
  })
  return [...answers, ...ends]
}

/** When each wait for a place in a queue may pass, ms; the queue's order is the batch's. */
async function takePlacesFor(
  tx: Connection,
  batch: Batch,
  began: { run: WorkingRun; wait: Wait }[],
): Promise<Map<Wait, number>> {
  const queues = new Map<string, Queue & { waits: Wait[] }>()
  for (const { run, wait } of began) {
    const { awaits, nodeId } = wait
    if (awaits.kind !== 'slot') continue
    const keyHash = hash('sha256', awaits.key, 'buffer').subarray(0, 16)
    const name = `${run.workflowId.toString('hex')} ${keyHash.toString('hex')} ${nodeId}`
    const interval = (awaits.periodMs * 1000) / awaits.limit
    let queue = queues.get(name)
    if (!queue) {
      queues.set(name, (queue = { workflowId: run.workflowId, nodeId, keyHash, interval, runs: 0, waits: [] }))
    }
    queue.runs++
    queue.waits.push(wait)
  }
  const sorted = [...queues.values()]
  const firsts = await takePlaces(tx, sorted, batch.now)
  const places = new Map<Wait, number>()
  for (const [i, { waits, interval }] of sorted.entries())
    for (const [n, wait] of waits.entries()) places.set(wait, Math.ceil(((firsts[i] ?? 0) + n * interval) / 1000))
  return places
}
