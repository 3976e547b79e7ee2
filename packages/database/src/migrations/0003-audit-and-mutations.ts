// Who changed what, and which mutations were done under a client's own id.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class AuditAndMutations implements MigrationInterface {
  readonly name = 'AuditAndMutations1795600000003'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('An audit that can be undone is none: drop the database instead.')
  }
}

const TABLES = [
  // id: UUIDv7, whose time is `at`. The three keys serve "what happened to this", "what did they do" and "who did such a thing", newest first.
  // personal: whether before and after may hold personal data; a search looks into the others only.
  `CREATE TABLE IF NOT EXISTS audit_entry (
    id BINARY(16) NOT NULL,
    at DATETIME(3) NOT NULL,
    account_id BINARY(16) NULL,
    account_email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
    api_key_id BINARY(16) NULL,
    action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject_type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    subject_id VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    before_values JSON NULL,
    after_values JSON NULL,
    personal BOOLEAN NOT NULL DEFAULT FALSE,
    address VARCHAR(45) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    user_agent VARCHAR(255) NULL,
    request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (id),
    KEY of_subject (subject_type, subject_id, id),
    KEY of_account (account_id, id),
    KEY of_action (action, id)
  ) PARTITION BY RANGE COLUMNS(id) (PARTITION p_later VALUES LESS THAN (MAXVALUE))`,
  // client_id_hash: SHA-256 of the clientMutationId, whatever its length. payload: what was answered, as UTF-8 JSON; null while the mutation is under way, in its own transaction.
  `CREATE TABLE IF NOT EXISTS mutation_request (
    account_id BINARY(16) NOT NULL,
    mutation VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    client_id_hash BINARY(32) NOT NULL,
    input_hash BINARY(32) NOT NULL,
    payload MEDIUMBLOB NULL,
    created_at DATETIME(3) NOT NULL,
    PRIMARY KEY (account_id, mutation, client_id_hash),
    KEY expiry (created_at)
  )`,
]
