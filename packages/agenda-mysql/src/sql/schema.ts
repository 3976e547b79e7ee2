// The tables. No functional index, no CHECK, nothing that only one of MySQL 8 and MariaDB 10.6 has.
import { AgendaMySqlError } from '../errors.js'

/** Quoted names of the tables behind one prefix. */
export interface Tables {
  jobs: string
  notifications: string
  logs: string
}

/** @throws AgendaMySqlError BAD_TABLE_PREFIX */
export function tablesOf(prefix: string): Tables {
  if (!/^\w{0,40}$/.test(prefix)) throw new AgendaMySqlError('BAD_TABLE_PREFIX', { prefix })
  return { jobs: `\`${prefix}jobs\``, notifications: `\`${prefix}notifications\``, logs: `\`${prefix}logs\`` }
}

/**
 * The statements that create what the backend needs, for operators whose migrations create tables: run them in order,
 * then set `ensureSchema: false`. Running them again changes nothing.
 *
 * Instants are milliseconds since 1970 (UTC) in BIGINT, so no time zone of a server, session or driver can shift them.
 * `lock_token` names the last claim and stays when the job is unlocked: whoever still holds an older one is fenced off.
 */
export function agendaSchema(tablePrefix = 'agenda_'): string[] {
  const tables = tablesOf(tablePrefix)
  return [jobs(tables.jobs), notifications(tables.notifications), logs(tables.logs)]
}

/** The table of `logSchema` alone, for a logger that stands beside another backend. */
export function logs(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  logged_at BIGINT NOT NULL,
  level VARCHAR(10) CHARACTER SET ascii NOT NULL,
  event VARCHAR(30) CHARACTER SET ascii NOT NULL,
  job_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  job_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  message MEDIUMTEXT NOT NULL,
  duration BIGINT,
  error MEDIUMTEXT,
  fail_count INT,
  retry_delay BIGINT,
  retry_attempt INT,
  agenda_name VARCHAR(255),
  meta LONGTEXT,
  KEY by_time (logged_at),
  KEY by_job (job_id, logged_at),
  KEY by_name (job_name, logged_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC`
}

function jobs(table: string): string {
  // `claim` serves finding the next job: equal name, enabled, unlocked, then in the order of the run. `priority_rank`
  // turns the priority round, because MariaDB before 10.8 keeps every index ascending.
  return `CREATE TABLE IF NOT EXISTS ${table} (
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
}

function notifications(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  channel VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  sender VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body MEDIUMTEXT NOT NULL,
  sent_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC`
}
