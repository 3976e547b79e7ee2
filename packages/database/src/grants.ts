// Which database rights each kind of process has: least privilege, as data. `createAccounts` turns it into GRANTs.

/** The kinds of process that own a database account. */
export type AccountKind =
  | 'collector'
  | 'event-worker'
  | 'scheduler'
  | 'scheduler-worker'
  | 'delivery-worker'
  | 'migration-worker'
  | 'subgraph-profile'
  | 'subgraph-event'
  | 'subgraph-workflow'
  | 'subgraph-segment'
  | 'subgraph-platform'

type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | `SELECT (${string})`

/**
 * What a mutation needs beside its own tables. Nobody may change or delete an audit entry, and who writes them cannot read them. An entry has the
 * e-mail address of whom it is about at that time, so it is looked up while it is written: no more of an account than that.
 */
const MUTATIONS = {
  audit_entry: ['INSERT'],
  mutation_request: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  account: ['SELECT (id, email)'],
} as const satisfies Record<string, readonly Right[]>

/** What who runs events and workflows through the pipeline writes. */
const PIPELINE = {
  event_source: ['SELECT'],
  event_type: ['SELECT'],
  event_schema: ['SELECT'],
  event: ['SELECT', 'INSERT', 'UPDATE'],
  profile: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  profile_alias: ['SELECT', 'INSERT', 'UPDATE'],
  profile_move: ['SELECT', 'INSERT', 'DELETE'],
  identity_kind: ['SELECT'],
  profile_identity: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  session: ['SELECT', 'INSERT', 'UPDATE'],
  activity: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  workflow: ['SELECT'],
  workflow_version: ['SELECT'],
  workflow_trigger: ['SELECT'],
  workflow_run: ['SELECT', 'INSERT', 'UPDATE'],
  run_state: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  delayed_event: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  segment_wait: ['SELECT', 'INSERT', 'DELETE'],
  workflow_memory: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  rate_slot: ['SELECT', 'INSERT', 'UPDATE'],
  node_minute: ['INSERT', 'UPDATE', 'SELECT'],
  delivery: ['SELECT', 'INSERT', 'UPDATE'],
  contact_policy: ['SELECT'],
  contact_log: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  segment: ['SELECT'],
  segment_membership: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  change_feed: ['INSERT'],
} as const satisfies Record<string, readonly Right[]>

/** Rights by table. `migration-worker` has all rights on its database and is not listed. */
export const TABLE_RIGHTS: Record<Exclude<AccountKind, 'migration-worker'>, Record<string, readonly Right[]>> = {
  // The public edge: may put events in and know its sources, schemas and results. Nothing else.
  collector: {
    inbox: ['INSERT'],
    event_source: ['SELECT'],
    event_schema: ['SELECT'],
    inbox_result: ['SELECT'],
  },
  'event-worker': {
    ...PIPELINE,
    // Insert: what workflows emit.
    inbox: ['SELECT', 'INSERT', 'DELETE'],
    inbox_result: ['INSERT', 'UPDATE', 'DELETE', 'SELECT'],
    partition_lease: ['SELECT', 'UPDATE'],
    event_worker: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    event_key: ['SELECT', 'INSERT'],
    dead_letter: ['SELECT', 'INSERT'],
  },
  // Finds what is due and hands it out; sees nobody's data.
  scheduler: {
    delayed_event: ['SELECT', 'UPDATE'],
    segment_wait: ['SELECT'],
    segment_membership: ['SELECT (segment_id, profile_id)'],
    run_state: ['SELECT (run_id, profile_id)'],
    workflow: ['SELECT (id)'],
    agenda_jobs: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
  'scheduler-worker': {
    ...PIPELINE,
    agenda_jobs: ['SELECT', 'UPDATE', 'DELETE'],
    inbox: ['INSERT'],
    inbox_result: ['INSERT', 'UPDATE', 'DELETE', 'SELECT'],
  },
  // What leaves the house. It answers runs by waking them, and asks a profile for its consents only.
  'delivery-worker': {
    delivery: ['SELECT', 'UPDATE'],
    delayed_event: ['SELECT', 'UPDATE'],
    resource: ['SELECT'],
    profile: ['SELECT (id, document)'],
    profile_alias: ['SELECT'],
    change_feed: ['INSERT'],
  },
  'subgraph-profile': {
    change_feed: ['SELECT'],
    revoked_session: ['SELECT'],
    ...MUTATIONS,
    personal_field: ['SELECT', 'INSERT', 'DELETE'],
    profile: ['SELECT'],
    profile_alias: ['SELECT'],
    profile_move: ['SELECT'],
    profile_identity: ['SELECT'],
    identity_kind: ['SELECT'],
    session: ['SELECT'],
    activity: ['SELECT'],
  },
  'subgraph-event': {
    change_feed: ['SELECT'],
    revoked_session: ['SELECT'],
    personal_field: ['SELECT'],
    ...MUTATIONS,
    event: ['SELECT'],
    event_source: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    event_type: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    event_schema: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    inbox: ['SELECT', 'INSERT'],
    dead_letter: ['SELECT', 'DELETE'],
    activity: ['SELECT'],
    profile_alias: ['SELECT'],
    profile_move: ['SELECT'],
  },
  'subgraph-workflow': {
    change_feed: ['SELECT', 'INSERT'],
    revoked_session: ['SELECT'],
    personal_field: ['SELECT'],
    ...MUTATIONS,
    workflow: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    workflow_version: ['SELECT', 'INSERT'],
    workflow_trigger: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    workflow_run: ['SELECT'],
    run_state: ['SELECT'],
    // Update: to be run now, to be cancelled, to be tried again. Insert: a failed run to be tried again. Workers do it.
    delayed_event: ['SELECT', 'INSERT', 'UPDATE'],
    node_minute: ['SELECT'],
    delivery: ['SELECT', 'UPDATE'],
    resource: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    contact_policy: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    // For test runs with a real profile or event: see docs/decisions.
    profile: ['SELECT (id, created_at, first_seen_at, last_seen_at, document)'],
    event: ['SELECT'],
    activity: ['SELECT'],
    profile_alias: ['SELECT'],
    profile_move: ['SELECT'],
  },
  'subgraph-segment': {
    change_feed: ['SELECT', 'INSERT'],
    revoked_session: ['SELECT'],
    personal_field: ['SELECT'],
    ...MUTATIONS,
    segment: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    segment_membership: ['SELECT', 'INSERT', 'DELETE'],
    profile_alias: ['SELECT'],
  },
  'subgraph-platform': {
    change_feed: ['SELECT'],
    job: ['SELECT'],
    personal_field: ['SELECT'],
    ...MUTATIONS,
    audit_entry: ['SELECT', 'INSERT'],
    account: ['SELECT', 'INSERT', 'UPDATE'],
    account_session: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    refresh_token: ['SELECT', 'INSERT', 'DELETE'],
    revoked_session: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    api_key: ['SELECT', 'INSERT', 'UPDATE'],
    invitation: ['SELECT', 'INSERT', 'DELETE'],
    password_reset: ['SELECT', 'INSERT', 'DELETE'],
    sign_in_attempt: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  },
}
