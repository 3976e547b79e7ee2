// Accounts with sessions, invitations, resets and API keys; what the subgraphs need to refuse ended sessions.
import type { MigrationInterface, QueryRunner } from 'typeorm'

/*
 * Tokens and keys are kept as SHA-256 of 32 random bytes: too many to guess, so a slow hash would only cost time. Passwords are argon2id. Rows
 * that only count for a while (refresh tokens, revocations, attempts) are deleted by the platform subgraph when their time is over.
 */
export class Accounts implements MigrationInterface {
  readonly name = 'Accounts1795600000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE account MODIFY role ENUM('admin','developer','marketer','viewer') NOT NULL`)
    // MySQL has no ADD COLUMN IF NOT EXISTS; a run that was interrupted after one of these is taken over.
    await addColumn(runner, 'personal_data', 'BOOLEAN NOT NULL DEFAULT FALSE AFTER role')
    await addColumn(runner, 'version', 'INT UNSIGNED NOT NULL DEFAULT 1')
    for (const statement of TABLES) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('Sessions and keys cannot be undone without signing everybody out: restore a backup instead.')
  }
}

async function addColumn(runner: QueryRunner, column: string, definition: string): Promise<void> {
  if (await runner.hasColumn('account', column)) return
  await runner.query(`ALTER TABLE account ADD COLUMN ${column} ${definition}`)
}

const TABLES = [
  // A sign-in on one device: the family of its refresh tokens. Ended ones are deleted.
  `CREATE TABLE IF NOT EXISTS account_session (
    id BINARY(16) NOT NULL PRIMARY KEY,
    account_id BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    last_used_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    address VARCHAR(45) NOT NULL,
    user_agent VARCHAR(300) NOT NULL,
    generation INT UNSIGNED NOT NULL DEFAULT 1,
    rotated_at DATETIME(3) NOT NULL,
    KEY of_account (account_id, created_at, id),
    KEY by_expiry (expires_at)
  )`,
  // Every token that a session ever had: a used one that comes back tells of a thief, an unknown one of nothing.
  `CREATE TABLE IF NOT EXISTS refresh_token (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    session_id BINARY(16) NOT NULL,
    generation INT UNSIGNED NOT NULL,
    KEY of_session (session_id, generation)
  )`,
  // Access tokens of this session, or of this API key, that end at or before "until" count no more. Read whole, once a second, by every subgraph.
  `CREATE TABLE IF NOT EXISTS revoked_session (
    session_id BINARY(16) NOT NULL PRIMARY KEY,
    until DATETIME(3) NOT NULL,
    KEY by_until (until)
  )`,
  `CREATE TABLE IF NOT EXISTS api_key (
    id BINARY(16) NOT NULL PRIMARY KEY,
    account_id BINARY(16) NOT NULL,
    name VARCHAR(160) NOT NULL,
    secret_hash BINARY(32) NOT NULL,
    scopes JSON NOT NULL,
    created_by BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    last_used_at DATETIME(3) NULL,
    revoked_at DATETIME(3) NULL,
    KEY of_account (account_id, created_at, id),
    KEY by_creation (created_at, id)
  )`,
  // Somebody who may make an account. One for an address.
  `CREATE TABLE IF NOT EXISTS invitation (
    id BINARY(16) NOT NULL PRIMARY KEY,
    email VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    name VARCHAR(160) NOT NULL,
    role ENUM('admin','developer','marketer','viewer') NOT NULL,
    personal_data BOOLEAN NOT NULL DEFAULT FALSE,
    token_hash BINARY(32) NOT NULL,
    created_by BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    UNIQUE KEY by_email (email),
    UNIQUE KEY by_token (token_hash),
    KEY by_creation (created_at, id)
  )`,
  // A new password that an admin lets somebody choose. One for an account.
  `CREATE TABLE IF NOT EXISTS password_reset (
    account_id BINARY(16) NOT NULL PRIMARY KEY,
    token_hash BINARY(32) NOT NULL,
    created_by BINARY(16) NOT NULL,
    created_at DATETIME(3) NOT NULL,
    expires_at DATETIME(3) NOT NULL,
    UNIQUE KEY by_token (token_hash)
  )`,
  // Failed sign-ins of a while, counted by SHA-256 of whom they concern: no addresses lie around.
  `CREATE TABLE IF NOT EXISTS sign_in_attempt (
    subject_hash BINARY(32) NOT NULL PRIMARY KEY,
    failures INT UNSIGNED NOT NULL,
    until DATETIME(3) NOT NULL,
    KEY by_until (until)
  )`,
]
