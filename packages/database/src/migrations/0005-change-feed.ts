// What was committed lately, for whoever watches; and the maintenance work that is under way or was done.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class ChangeFeed implements MigrationInterface {
  readonly name = 'ChangeFeed1795600000005'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement)
  }

  async down(): Promise<void> {
    throw new Error('Subgraphs of this version read the feed: drop the table by hand when they are gone.')
  }
}

const TABLES = [
  // One row a transaction, kept a quarter of an hour. Rows appear out of the order of `seq`: it is given at the insert, not at the commit.
  `CREATE TABLE IF NOT EXISTS change_feed (
    seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at DATETIME(3) NOT NULL,
    body MEDIUMBLOB NOT NULL
  )`,
  // id: UUIDv7 of its start. done and total count what the job works on: rows, partitions, migrations; total is null where nobody knows it.
  `CREATE TABLE IF NOT EXISTS job (
    id BINARY(16) NOT NULL PRIMARY KEY,
    kind VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state ENUM('running','done','failed') NOT NULL,
    done BIGINT UNSIGNED NOT NULL DEFAULT 0,
    total BIGINT UNSIGNED NULL,
    started_at DATETIME(3) NOT NULL,
    updated_at DATETIME(3) NOT NULL,
    ended_at DATETIME(3) NULL,
    error VARCHAR(500) NULL
  )`,
]
