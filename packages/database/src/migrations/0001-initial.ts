// The first schema: inbox, events, profiles, workflows, segments and accounts of one environment.
import type { MigrationInterface, QueryRunner } from 'typeorm'

/*
 * Conventions. Ids are BINARY(16). Times are DATETIME(3) in UTC; who decides by time uses the database's clock. Names that only
 * machines compare are utf8mb4_bin; what people search is utf8mb4_unicode_ci. `event`, `workflow_run` and `activity` are partitioned by
 * the time in their UUIDv7, so retention drops a partition and inserts stay in the newest, small one. Databases commit each of these statements
 * by itself: what an interrupted run left is taken over.
 */
export class Initial implements MigrationInterface {
  // TypeORM orders migrations by the time at the end of their name.
  readonly name = 'Initial1795500000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('The first migration cannot be undone: drop the database instead.')
  }
}

const BY_RECEIPT = (column: string): string =>
  `PARTITION BY RANGE COLUMNS(${column}) (PARTITION p_later VALUES LESS THAN (MAXVALUE))`

const TABLES = [
  // --- the edge -------------------------------------------------------------------------------------------------------
  `CREATE TABLE IF NOT EXISTS event_source (
    id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    name VARCHAR(120) NOT NULL,
    description VARCHAR(1000) NOT NULL DEFAULT '',
    channel ENUM('tracker','segment','webhook','pixel','bridge') NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    trusted BOOLEAN NOT NULL DEFAULT FALSE,
    write_key_hash BINARY(32) NULL,
    origins JSON NOT NULL,
    synchronous BOOLEAN NOT NULL DEFAULT FALSE,
    answer_within_ms INT UNSIGNED NOT NULL DEFAULT 2000,
    debuggable BOOLEAN NOT NULL DEFAULT FALSE,
    events_per_second INT UNSIGNED NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    UNIQUE KEY write_key (write_key_hash)
  )`,
  `CREATE TABLE IF NOT EXISTS event_type (
    id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
    name VARCHAR(160) NOT NULL,
    group_name VARCHAR(64) NOT NULL DEFAULT '',
    description VARCHAR(1000) NOT NULL DEFAULT '',
    tags JSON NOT NULL,
    journey_stage VARCHAR(64) NULL,
    sample JSON NOT NULL,
    event_mappings JSON NOT NULL,
    profile_mappings JSON NOT NULL,
    identities JSON NOT NULL,
    slots JSON NOT NULL,
    built_in BOOLEAN NOT NULL DEFAULT FALSE,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1
  )`,
  // source_id '' stands for every source: a unique key treats NULLs as different.
  `CREATE TABLE IF NOT EXISTS event_schema (
    event_type_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
    \`schema\` JSON NOT NULL,
    on_invalid ENUM('flag','refuse') NOT NULL DEFAULT 'flag',
    updated_at DATETIME(3) NOT NULL,
    PRIMARY KEY (event_type_id, source_id)
  )`,
  // body: the envelope as UTF-8 JSON.
  `CREATE TABLE IF NOT EXISTS inbox (
    partition_no TINYINT UNSIGNED NOT NULL,
    id BINARY(16) NOT NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    received_at DATETIME(3) NOT NULL,
    body MEDIUMBLOB NOT NULL,
    PRIMARY KEY (partition_no, id)
  )`,
  `CREATE TABLE IF NOT EXISTS inbox_result (
    id BINARY(16) NOT NULL PRIMARY KEY,
    expires_at DATETIME(3) NOT NULL,
    body MEDIUMBLOB NOT NULL,
    KEY expiry (expires_at)
  )`,
  `CREATE TABLE IF NOT EXISTS partition_lease (
    partition_no TINYINT UNSIGNED NOT NULL PRIMARY KEY,
    owner VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    epoch BIGINT UNSIGNED NOT NULL DEFAULT 0,
    expires_at DATETIME(3) NOT NULL DEFAULT '1970-01-01 00:00:00.000'
  )`,
  `INSERT IGNORE INTO partition_lease (partition_no) VALUES ${Array.from({ length: 16 }, (_, i) => `(${i})`).join(',')}`,
  // Who drains the inbox: each worker sees how many it shares the partitions with.
  `CREATE TABLE IF NOT EXISTS event_worker (
    id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    expires_at DATETIME(3) NOT NULL
  )`,
  // The message's own time leads, so keys of one day lie together and an event costs the same however many are kept.
  `CREATE TABLE IF NOT EXISTS event_key (
    message_time INT UNSIGNED NOT NULL,
    key_hash BINARY(16) NOT NULL,
    event_id BINARY(16) NOT NULL,
    claimed_at INT UNSIGNED NOT NULL,
    PRIMARY KEY (message_time, key_hash),
    KEY expiry (claimed_at)
  )`,
  `CREATE TABLE IF NOT EXISTS dead_letter (
    id BINARY(16) NOT NULL PRIMARY KEY,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    event_type VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    received_at DATETIME(3) NOT NULL,
    failed_at DATETIME(3) NOT NULL,
    error_code VARCHAR(64) NOT NULL,
    error_message VARCHAR(2000) NOT NULL,
    body MEDIUMBLOB NOT NULL,
    KEY by_time (failed_at, id)
  )`,
  // --- events ---------------------------------------------------------------------------------------------------------
  // behaviour: covers "how many purchases of which sum in 30 days, by profile" without touching the rows.
  `CREATE TABLE IF NOT EXISTS event (
    id BINARY(16) NOT NULL,
    profile_id BINARY(16) NULL,
    original_profile_id BINARY(16) NULL,
    session_id BINARY(16) NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    type VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    occurred_at DATETIME(3) NOT NULL,
    valid BOOLEAN NOT NULL DEFAULT TRUE,
    properties JSON NOT NULL,
    data JSON NULL,
    context JSON NOT NULL,
    tags JSON NULL,
    problems JSON NULL,
    number_1 DOUBLE NULL,
    number_2 DOUBLE NULL,
    number_3 DOUBLE NULL,
    text_1 VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    text_2 VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    PRIMARY KEY (id),
    KEY behaviour (type, occurred_at, profile_id, number_1, number_2)
  ) ${BY_RECEIPT('id')}`,
  // --- profiles -------------------------------------------------------------------------------------------------------
  // document: {data, traits, interests, consents, counters, aux}; stamps: when each of its fields was written.
  `CREATE TABLE IF NOT EXISTS profile (
    id BINARY(16) NOT NULL PRIMARY KEY,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    first_seen_at DATETIME(3) NOT NULL,
    last_seen_at DATETIME(3) NOT NULL,
    version BIGINT UNSIGNED NOT NULL,
    identified BOOLEAN NOT NULL,
    display_name VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    phone VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    document JSON NOT NULL,
    stamps JSON NOT NULL,
    KEY by_name (display_name, id),
    KEY by_email (email, id),
    KEY by_phone (phone, id)
  )`,
  `CREATE TABLE IF NOT EXISTS profile_alias (
    alias_id BINARY(16) NOT NULL PRIMARY KEY,
    profile_id BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    KEY of_profile (profile_id)
  )`,
  // Aliases whose events, runs and activity are still to be moved to the canonical profile, in chunks.
  `CREATE TABLE IF NOT EXISTS profile_move (
    alias_id BINARY(16) NOT NULL PRIMARY KEY,
    created_at DATETIME(3) NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS identity_kind (
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    normalization ENUM('trim','lower','email','phone') NOT NULL,
    one_per_profile BOOLEAN NOT NULL,
    may_merge BOOLEAN NOT NULL,
    trusted_only BOOLEAN NOT NULL,
    movable BOOLEAN NOT NULL,
    identifies BOOLEAN NOT NULL,
    strength SMALLINT UNSIGNED NOT NULL
  )`,
  // claimed_at: when the owner last stated it; a later statement by somebody else moves a movable one.
  // joins: how often it joined or left identified profiles; past a limit it identifies nobody (a kiosk, a test address).
  `CREATE TABLE IF NOT EXISTS profile_identity (
    kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    value_hash BINARY(32) NOT NULL,
    value VARCHAR(255) NOT NULL,
    profile_id BINARY(16) NOT NULL,
    original_profile_id BINARY(16) NOT NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    first_seen_at DATETIME(3) NOT NULL,
    claimed_at DATETIME(3) NOT NULL,
    joins SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, value_hash),
    KEY of_profile (profile_id)
  )`,
  `CREATE TABLE IF NOT EXISTS session (
    id BINARY(16) NOT NULL PRIMARY KEY,
    profile_id BINARY(16) NULL,
    original_profile_id BINARY(16) NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    started_at DATETIME(3) NOT NULL,
    last_event_at DATETIME(3) NOT NULL,
    events INT UNSIGNED NOT NULL,
    device_type VARCHAR(32) NULL,
    device_model VARCHAR(120) NULL,
    os_name VARCHAR(64) NULL,
    os_version VARCHAR(32) NULL,
    browser_name VARCHAR(64) NULL,
    browser_version VARCHAR(32) NULL,
    locale VARCHAR(35) NULL,
    timezone VARCHAR(64) NULL,
    context JSON NOT NULL,
    KEY of_profile (profile_id, started_at)
  )`,
  // What happened to a profile, newest first: its timeline, its events and its runs. ref is an event's or a run's UUIDv7.
  `CREATE TABLE IF NOT EXISTS activity (
    profile_id BINARY(16) NOT NULL,
    at DATETIME(3) NOT NULL,
    kind ENUM('event','run') NOT NULL,
    ref BINARY(16) NOT NULL,
    PRIMARY KEY (profile_id, at, kind, ref)
  ) ${BY_RECEIPT('ref')}`,
  // --- workflows ------------------------------------------------------------------------------------------------------
  `CREATE TABLE IF NOT EXISTS workflow (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name VARCHAR(160) NOT NULL,
    description VARCHAR(2000) NOT NULL DEFAULT '',
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    draft JSON NOT NULL,
    draft_revision INT UNSIGNED NOT NULL DEFAULT 1,
    live_version INT UNSIGNED NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    KEY by_name (name, id)
  )`,
  `CREATE TABLE IF NOT EXISTS workflow_version (
    workflow_id BINARY(16) NOT NULL,
    version INT UNSIGNED NOT NULL,
    graph JSON NOT NULL,
    created_at DATETIME(3) NOT NULL,
    created_by BINARY(16) NULL,
    PRIMARY KEY (workflow_id, version)
  )`,
  `CREATE TABLE IF NOT EXISTS workflow_trigger (
    id BINARY(16) NOT NULL PRIMARY KEY,
    workflow_id BINARY(16) NOT NULL,
    name VARCHAR(160) NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    event_type_id VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    source_id VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    \`condition\` VARCHAR(4000) NULL,
    required_consents JSON NOT NULL,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    KEY of_workflow (workflow_id)
  )`,
  `CREATE TABLE IF NOT EXISTS workflow_run (
    id BINARY(16) NOT NULL,
    workflow_id BINARY(16) NOT NULL,
    version INT UNSIGNED NOT NULL,
    trigger_id BINARY(16) NULL,
    profile_id BINARY(16) NULL,
    original_profile_id BINARY(16) NULL,
    event_id BINARY(16) NOT NULL,
    state ENUM('completed','failed') NOT NULL,
    started_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    steps JSON NOT NULL,
    error JSON NULL,
    log JSON NULL,
    PRIMARY KEY (id),
    KEY of_workflow (workflow_id, id)
  ) ${BY_RECEIPT('id')}`,
  // --- segments -------------------------------------------------------------------------------------------------------
  `CREATE TABLE IF NOT EXISTS segment (
    id BINARY(16) NOT NULL PRIMARY KEY,
    name VARCHAR(160) NOT NULL,
    description VARCHAR(2000) NOT NULL DEFAULT '',
    kind ENUM('static') NOT NULL DEFAULT 'static',
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    version INT UNSIGNED NOT NULL DEFAULT 1,
    UNIQUE KEY by_name (name)
  )`,
  `CREATE TABLE IF NOT EXISTS segment_membership (
    segment_id BINARY(16) NOT NULL,
    profile_id BINARY(16) NOT NULL,
    original_profile_id BINARY(16) NOT NULL,
    entered_at DATETIME(3) NOT NULL,
    PRIMARY KEY (segment_id, profile_id),
    KEY of_profile (profile_id)
  )`,
  // --- platform -------------------------------------------------------------------------------------------------------
  `CREATE TABLE IF NOT EXISTS account (
    id BINARY(16) NOT NULL PRIMARY KEY,
    email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    name VARCHAR(160) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    role ENUM('admin','viewer') NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    created_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    last_login_at DATETIME(3) NULL,
    UNIQUE KEY by_email (email)
  )`,
]
