// Runs that wait, what they wait for, and what leaves the house for them.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class WaitingRuns implements MigrationInterface {
  readonly name = 'WaitingRuns1795600000007'

  async up(runner: QueryRunner): Promise<void> {
    // By column, since databases commit each change of a table by itself: an interrupted run may have made some.
    if (!(await runner.hasColumn('workflow_run', 'outcome'))) await runner.query(WIDER_RUNS)
    if (!(await runner.hasColumn('workflow_trigger', 'start_node')))
      await runner.query('ALTER TABLE workflow_trigger ADD COLUMN start_node VARCHAR(100) NULL')
    for (const statement of TABLES) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('Runs may be waiting: end them first, then drop the tables by hand.')
  }
}

// A run may start without an event (a sub-workflow, a segment), wait, or be ended by a person, an exit rule, an erasure: `outcome` says how.
const WIDER_RUNS = `ALTER TABLE workflow_run
  MODIFY state ENUM('completed','failed','waiting','cancelled') NOT NULL,
  MODIFY event_id BINARY(16) NULL,
  ADD COLUMN parent_run_id BINARY(16) NULL,
  ADD COLUMN outcome JSON NULL`

const TABLES = [
  // What a run needs to go on: of those that wait, and of those that failed and may be tried again.
  `CREATE TABLE IF NOT EXISTS run_state (
    run_id BINARY(16) NOT NULL PRIMARY KEY,
    workflow_id BINARY(16) NOT NULL,
    version INT UNSIGNED NOT NULL,
    profile_id BINARY(16) NULL,
    original_profile_id BINARY(16) NULL,
    state ENUM('waiting','failed') NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    body MEDIUMBLOB NOT NULL,
    KEY of_profile (profile_id, state),
    KEY of_workflow (workflow_id, state, run_id, version)
  )`,
  // One wait of one run, or something to be done for it. due_at is null while only something else than time can end it, and when it is dead.
  // outcome: what ended the wait, put there by who ended it together with due_at = now.
  `CREATE TABLE IF NOT EXISTS delayed_event (
    id BINARY(16) NOT NULL PRIMARY KEY,
    run_id BINARY(16) NOT NULL,
    workflow_id BINARY(16) NOT NULL,
    node_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    kind ENUM('time','event','segment','delivery','run','slot','start','retry') NOT NULL,
    due_at DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL,
    outcome JSON NULL,
    attempts TINYINT UNSIGNED NOT NULL DEFAULT 0,
    error JSON NULL,
    dead BOOLEAN NOT NULL DEFAULT FALSE,
    KEY due (due_at, id),
    KEY of_workflow (workflow_id, node_id)
  )`,
  `CREATE TABLE IF NOT EXISTS segment_wait (
    segment_id BINARY(16) NOT NULL,
    delayed_event_id BINARY(16) NOT NULL,
    run_id BINARY(16) NOT NULL,
    PRIMARY KEY (segment_id, delayed_event_id),
    KEY of_wait (delayed_event_id)
  )`,
  // What a workflow remembers of a person: node_id '' when it was entered, else what the node keeps. times: JSON list of ms, the last ones.
  `CREATE TABLE IF NOT EXISTS workflow_memory (
    profile_id BINARY(16) NOT NULL,
    workflow_id BINARY(16) NOT NULL,
    node_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_hash BINARY(16) NOT NULL,
    times JSON NOT NULL,
    expires_at DATETIME(3) NULL,
    PRIMARY KEY (profile_id, workflow_id, node_id, key_hash),
    KEY expiry (expires_at)
  )`,
  // When the next run may pass a limiter that all profiles share. next_at: microseconds since 1970.
  `CREATE TABLE IF NOT EXISTS rate_slot (
    workflow_id BINARY(16) NOT NULL,
    node_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    key_hash BINARY(16) NOT NULL,
    next_at BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (workflow_id, node_id, key_hash)
  )`,
  // Counts by minute. node_id '@started', '@completed', '@failed', '@cancelled' and '@goal:NAME' count runs. shard keeps writers apart; readers add up.
  `CREATE TABLE IF NOT EXISTS node_minute (
    workflow_id BINARY(16) NOT NULL,
    minute DATETIME NOT NULL,
    version INT UNSIGNED NOT NULL,
    node_id VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    shard TINYINT UNSIGNED NOT NULL,
    entered INT UNSIGNED NOT NULL,
    failed INT UNSIGNED NOT NULL,
    PRIMARY KEY (workflow_id, minute, version, node_id, shard),
    KEY by_minute (minute)
  )`,
  // What leaves the house. id is the idempotency key of all its attempts. next_at is null once it is finished. give_up_at: set by the worker that claims
  // it first, null again once it is finished.
  `CREATE TABLE IF NOT EXISTS delivery (
    id BINARY(16) NOT NULL PRIMARY KEY,
    transport VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    destination VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    run_id BINARY(16) NULL,
    delayed_event_id BINARY(16) NULL,
    workflow_id BINARY(16) NULL,
    node_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    profile_id BINARY(16) NULL,
    request JSON NOT NULL,
    required_consents JSON NULL,
    state ENUM('queued','delivered','rejected','cancelled') NOT NULL,
    attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    next_at DATETIME(3) NULL,
    give_up_at DATETIME(3) NULL,
    lease_owner VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    lease_until DATETIME(3) NULL,
    created_at DATETIME(3) NOT NULL,
    finished_at DATETIME(3) NULL,
    response JSON NULL,
    error JSON NULL,
    KEY ready (next_at, id),
    KEY of_destination (destination, next_at),
    KEY of_state (state, id),
    KEY of_workflow (workflow_id, id),
    KEY of_profile (profile_id)
  )`,
  // An outside system with its credentials. secret: AES-256-GCM under a key that the database does not have.
  `CREATE TABLE IF NOT EXISTS resource (
    id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    name VARCHAR(160) NOT NULL,
    transport VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    settings JSON NOT NULL,
    secret VARBINARY(4000) NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1
  )`,
  // How often and when people may be written to by a channel, over all workflows.
  `CREATE TABLE IF NOT EXISTS contact_policy (
    channel VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    quiet_from TIME NULL,
    quiet_until TIME NULL,
    time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC',
    caps JSON NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1
  )`,
  `CREATE TABLE IF NOT EXISTS contact_log (
    profile_id BINARY(16) NOT NULL,
    channel VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    at DATETIME(3) NOT NULL,
    delivery_id BINARY(16) NOT NULL,
    PRIMARY KEY (profile_id, channel, at, delivery_id),
    KEY by_time (at)
  )`,
]
