// What tells an event that ends its worker's process from one that merely was in the inbox when a worker died.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class LeaseAttempts implements MigrationInterface {
  readonly name = 'LeaseAttempts1795600000006'

  async up(runner: QueryRunner): Promise<void> {
    for (const [column, definition] of Object.entries(COLUMNS)) {
      // MySQL has no ADD COLUMN IF NOT EXISTS; a run that was interrupted after one of these is taken over.
      if (await runner.hasColumn('partition_lease', column)) continue
      await runner.query(`ALTER TABLE partition_lease ADD COLUMN ${column} ${definition}`)
    }
  }

  async down(): Promise<void> {
    throw new Error('Event workers of this version count in these columns: drop them by hand when they are gone.')
  }
}

const COLUMNS = {
  // How often the partition was taken from a worker that had vanished while events were in it, since a batch of it was last finished.
  takeovers: 'TINYINT UNSIGNED NOT NULL DEFAULT 0',
  // The event that was last tried alone, and how often. It outlives the process that tries.
  trying: 'BINARY(16) NULL',
  tries: 'TINYINT UNSIGNED NOT NULL DEFAULT 0',
}
