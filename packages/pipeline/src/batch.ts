// A batch on its way through the steps: its events, and the profiles they touch, loaded once and written once.
import type { Envelope, IdentityClaim, JsonObject, JsonValue } from '@segue/event-model'
import type {
  Cause,
  CompiledWorkflow,
  Effect,
  RunError,
  RunLogEntry,
  RunState,
  RunStep,
  Wait,
} from '@segue/workflow-engine'
import type { IdentityRules } from './configuration.js'
import type { Contacts } from './runs/contacts.js'
import type { Memory } from './runs/memory.js'
import type { Stamp, StampTree } from './profile-document/stamp.js'

/** What went wrong or was left out with one event; kept on the event and answered to a waiting client. */
export interface Problem {
  code: string
  message: string
  /** Where in the event, when it is about a part of it. */
  path?: string
}

/** A profile while a batch works on it. The first profile of a merge lives on; the other points to it by `mergedInto`. */
export interface WorkingProfile {
  id: string
  /** The id as the database keeps it. */
  bytes: Buffer
  isNew: boolean
  changed: boolean
  mergedInto?: WorkingProfile
  createdAt: number
  firstSeenAt: number
  lastSeenAt: number
  version: number
  document: JsonObject
  stamps: StampTree
  /** Characters of document and stamps, at most. */
  size: number
  /** Values (hashes) it has of the kinds that decide about merges: one-a-profile kinds and those that identify. */
  identities: Map<string, Set<string>>
}

/** An identity as the batch knows it. `owner` undefined: nobody's yet. */
export interface WorkingIdentity {
  kind: string
  hash: Buffer
  value: string
  owner?: WorkingProfile
  /** Whom it was first attached to. */
  original?: Buffer
  sourceId: string
  firstSeenAt: number
  claimedAt: number
  joins: number
  isNew: boolean
  changed: boolean
}

/** A run of a workflow that this batch started, or found waiting at a profile. */
export interface WorkingRun {
  id: Buffer
  workflowId: Buffer
  version: number
  /** Undefined when its version cannot be compiled any more: it goes on waiting until somebody decides. */
  workflow: CompiledWorkflow | undefined
  triggerId: Buffer | null
  eventId: Buffer | null
  profile: WorkingProfile | undefined
  /** The profile it was started for, before merges. */
  original: Buffer | null
  state: 'waiting' | 'completed' | 'failed' | 'cancelled'
  run: RunState
  endedAt: number | null
  error: RunError | null
  log: RunLogEntry[]
  /** How it ended, when not by its nodes. */
  outcome: RunOutcome | null
  /** What it did in this batch. */
  executed: RunStep[]
  /** What its end nodes got, once it completed. */
  output: JsonValue
  isNew: boolean
  /** Whether there is a row of `run_state`. */
  isStored: boolean
  changed: boolean
}

/** Why a run ended before its nodes did. */
export type RunOutcome =
  | { kind: 'exit' | 'goal'; name: string }
  /** By an account, or because the workflow was deleted, the profile is gone or was merged, or the live version lacks the node. */
  | { kind: 'cancelled'; by: string }
  | { kind: 'workflow-deleted' | 'profile-gone' | 'merged' }
  | { kind: 'node-gone'; nodeId: string }

/** An effect of a run, to be written. */
export interface WorkingEffect {
  run: WorkingRun
  effect: Effect
}

/** An event on its way. Steps fill in what they find. */
export interface WorkingEvent {
  envelope: Envelope
  /** Its id as the database keeps it. */
  bytes: Buffer
  /** Its moment, for the fields it writes. */
  stamp: Stamp
  /** The profile it was first tied to; `surviving` tells who that is after later merges. */
  profile?: WorkingProfile
  /** The identities it states that are its person's, normalized. */
  known: IdentityClaim[]
  valid: boolean
  problems: Problem[]
  /** Typed documents filled by the type's event mappings. */
  data: JsonObject | null
  /** The runs that it started. */
  runs: WorkingRun[]
  response: JsonObject
  ux: JsonObject[]
}

export interface Batch {
  /** The database's time when the batch began, ms. */
  now: number
  /** Keeps its counts apart from those of batches that are written at once. */
  shard: number
  rules: IdentityRules
  events: WorkingEvent[]
  profiles: Map<string, WorkingProfile>
  identities: Map<string, WorkingIdentity>
  /** Retired id → the profile that it now answers with. */
  aliases: Map<string, WorkingProfile>
  /** Ids that became aliases in this batch. */
  retired: string[]
  /** Runs that were started or went on. */
  runs: WorkingRun[]
  /** Runs that wait, by their profile as it was loaded; before and after what this batch does. */
  waiting: Map<WorkingProfile, Set<WorkingRun>>
  /** What runs remember of the profiles. */
  memory: Memory
  /** When the profiles were written to. */
  contacts: Contacts
  effects: WorkingEffect[]
  /** Waits that began in this batch and go on, by their id. */
  began: Map<string, { run: WorkingRun; wait: Wait }>
  /** Ids of stored waits that ended. */
  ended: Set<string>
  /** Waits of other runs that this batch ends, by their id. */
  answers: Map<string, Cause>
  /** Defects of ours that runs met: for the log. */
  crashes: Crash[]
}

/** A run that failed by a defect of ours, not by its workflow: for the log. */
export interface Crash {
  workflowId: string
  version: number
  error: RunError
}

/** An event whose processing failed in memory: it alone goes to the dead letters, the batch is tried again without it. */
export class EventFailure extends Error {
  override readonly name = 'EventFailure'
  constructor(
    readonly eventId: string,
    readonly reason: unknown,
  ) {
    super(reason instanceof Error ? reason.message : String(reason))
  }
}

/** The profile that answers for this one after all merges so far. */
export function surviving(profile: WorkingProfile): WorkingProfile {
  let current = profile
  while (current.mergedInto) current = current.mergedInto
  return current
}

/** Does `step` for each event; an exception names its event. */
export function eachEvent(batch: Batch, step: (event: WorkingEvent) => void): void {
  for (const event of batch.events) {
    try {
      step(event)
    } catch (error) {
      throw new EventFailure(event.envelope.eventId, error)
    }
  }
}
