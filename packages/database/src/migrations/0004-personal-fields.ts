// Fields of profiles and events that people marked as personal.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class PersonalFields implements MigrationInterface {
  readonly name = 'PersonalFields1795600000004'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE IF NOT EXISTS personal_field (
        path VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
        marked_at DATETIME(3) NOT NULL,
        marked_by BINARY(16) NULL
      )`,
    )
  }

  async down(): Promise<void> {
    throw new Error('Without the marks, marked fields would be shown: drop the table by hand when that is meant.')
  }
}
