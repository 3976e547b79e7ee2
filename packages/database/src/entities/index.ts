// All entities, as TypeORM takes them.
import { Account } from './account.js'
import { AccountSession } from './account-session.js'
import { Activity } from './activity.js'
import { ApiKey } from './api-key.js'
import { AuditEntry } from './audit-entry.js'
import { ContactPolicy } from './contact-policy.js'
import { DeadLetter } from './dead-letter.js'
import { DelayedEvent } from './delayed-event.js'
import { Delivery } from './delivery.js'
import { Event } from './event.js'
import { EventSchema } from './event-schema.js'
import { EventSource } from './event-source.js'
import { EventType } from './event-type.js'
import { IdentityKindRow } from './identity-kind.js'
import { Invitation } from './invitation.js'
import { Job } from './job.js'
import { NodeMinute } from './node-minute.js'
import { PasswordReset } from './password-reset.js'
import { PersonalField } from './personal-field.js'
import { Profile } from './profile.js'
import { ProfileAlias } from './profile-alias.js'
import { ProfileIdentity } from './profile-identity.js'
import { Resource } from './resource.js'
import { RunStateRow } from './run-state.js'
import { Segment } from './segment.js'
import { SegmentMembership } from './segment-membership.js'
import { Session } from './session.js'
import { Workflow } from './workflow.js'
import { WorkflowRun } from './workflow-run.js'
import { WorkflowTrigger } from './workflow-trigger.js'
import { WorkflowVersion } from './workflow-version.js'

/** Every entity of one environment's database. */
export const ENTITIES = [
  Account,
  AccountSession,
  Activity,
  ApiKey,
  AuditEntry,
  ContactPolicy,
  DeadLetter,
  DelayedEvent,
  Delivery,
  Event,
  EventSchema,
  EventSource,
  EventType,
  IdentityKindRow,
  Invitation,
  Job,
  NodeMinute,
  PasswordReset,
  PersonalField,
  Profile,
  ProfileAlias,
  ProfileIdentity,
  Resource,
  RunStateRow,
  Segment,
  SegmentMembership,
  Session,
  Workflow,
  WorkflowRun,
  WorkflowTrigger,
  WorkflowVersion,
]

export {
  Account,
  AccountSession,
  Activity,
  ApiKey,
  AuditEntry,
  ContactPolicy,
  DeadLetter,
  DelayedEvent,
  Delivery,
  Event,
  EventSchema,
  EventSource,
  EventType,
  IdentityKindRow,
  Invitation,
  Job,
  NodeMinute,
  PasswordReset,
  PersonalField,
  Profile,
  ProfileAlias,
  ProfileIdentity,
  Resource,
  RunStateRow,
  Segment,
  SegmentMembership,
  Session,
  Workflow,
  WorkflowRun,
  WorkflowTrigger,
  WorkflowVersion,
}
export { DELAYED_EVENT_KINDS, type DelayedEventKind } from './delayed-event.js'
