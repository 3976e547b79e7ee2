// The jobs of the scheduler and its workers, as @segue/agenda-mysql wants them; a test of the scheduler compares the two.
import type { MigrationInterface, QueryRunner } from 'typeorm'

export class Agenda implements MigrationInterface {
  readonly name = 'Agenda1795600000008'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(JOBS)
  }

  async down(): Promise<void> {
    throw new Error('Schedulers of this version keep their jobs here: drop the table by hand when they are gone.')
  }
}

const JOBS = `CREATE TABLE IF NOT EXISTS agenda_jobs (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  priority INT NOT NULL,
  next_run_at BIGINT,
  disabled TINYINT NOT NULL,
  data LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  repeat_interval VARCHAR(255),
  repeat_timezone VARCHAR(100),
  repeat_at VARCHAR(255),
  start_date BIGINT,
  end_date BIGINT,
  skip_days VARCHAR(100),
  fork TINYINT NOT NULL,
  debounce_started_at BIGINT,
  locked_at BIGINT,
  lock_token VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin,
  last_run_at BIGINT,
  last_finished_at BIGINT,
  failed_at BIGINT,
  fail_count INT,
  fail_reason MEDIUMTEXT,
  progress DOUBLE,
  last_modified_by VARCHAR(255),
  schedule_version INT UNSIGNED NOT NULL DEFAULT 0,
  revision INT UNSIGNED NOT NULL DEFAULT 0,
  unique_key BINARY(32),
  unique_shape BINARY(8),
  priority_rank BIGINT GENERATED ALWAYS AS (-priority) STORED,
  single_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS (IF(type = 'single', name, NULL)) STORED,
  UNIQUE KEY one_single (single_name),
  UNIQUE KEY one_unique (unique_key),
  KEY claim (name, disabled, locked_at, next_run_at, priority_rank),
  KEY by_next_run (next_run_at),
  KEY by_shape (name, unique_shape)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC`
