// Step 6, run: executes a workflow on an event; what it does to the profile is written with the event's stamp.
import { toId } from '@segue/database'
import { runWorkflow, type FieldOperation, type ProfileWriter, type RunError } from '@segue/workflow-engine'
import type { JsonValue } from '@segue/event-model'
import { v7 } from 'uuid'
import { surviving, type Batch, type WorkingEvent, type WorkingProfile } from './batch.js'
import type { Trigger } from './configuration.js'
import { seenEvent } from './map.js'
import { parsePath } from './paths.js'
import { readField, write } from './merge.js'

/** A run that failed by a defect of ours, not by its workflow: for the log. */
export interface Crash {
  workflowId: string
  version: number
  error: RunError
}

/** Runs a trigger's workflow on an event and keeps the run with it. Returns a crash to be logged, if there was one. */
export function run(batch: Batch, event: WorkingEvent, trigger: Trigger): Crash | undefined {
  const { envelope } = event
  const profile = event.profile && surviving(event.profile)
  const startedAt = Date.now()
  const result = runWorkflow(trigger.workflow, {
    event: seenEvent(event),
    profile: profile ? new StampedWriter(event, profile) : NOBODY,
    session: envelope.session ? { id: envelope.session.id } : null,
    now: batch.now,
  })
  Object.assign(event.response, result.response)
  event.ux.push(...result.ux)
  const { error } = result
  event.runs.push({
    id: v7(undefined, Buffer.allocUnsafe(16)),
    trigger,
    state: result.state,
    startedAt,
    endedAt: Date.now(),
    steps: result.steps.map(({ nodeId, port }) => ({ nodeId, port })),
    error: error ? { nodeId: error.nodeId, code: error.code, message: error.message } : null,
    log: result.log.length > 0 ? result.log.map(({ nodeId, level, message }) => ({ nodeId, level, message })) : null,
  })
  return error && 'cause' in error
    ? { workflowId: toId(trigger.workflowId), version: trigger.version, error }
    : undefined
}

/** Hands a completed run's operations to the profile's document, stamped with the event that caused them. */
class StampedWriter implements ProfileWriter {
  constructor(
    private readonly event: WorkingEvent,
    private readonly profile: WorkingProfile,
  ) {}

  read(path: string): JsonValue | undefined {
    switch (path) {
      case 'id':
        return this.profile.id
      case 'createdAt':
      case 'firstSeenAt':
      case 'lastSeenAt':
        return new Date(this.profile[path]).toISOString()
      default:
        return readField(this.profile, path)
    }
  }

  apply(operation: FieldOperation): void {
    const path = parsePath(operation.path)
    if (!path) return
    const value = operation.op === 'delete' ? null : operation.value
    write(this.event, this.profile, operation.op, path, value)
  }
}

/** The profile of a profile-less event: empty, and what is written to it goes nowhere. */
const NOBODY: ProfileWriter = { read: () => undefined, apply: () => undefined }
