// Counts SQL statements, for tests that hold a page to a handful of queries.
import type { DataSource, Logger } from 'typeorm'

export interface StatementCount {
  /** Statements sent since the start or the last `reset`. */
  readonly statements: readonly string[]
  reset(): void
}

/** Read at most every other second, whatever is asked: whether it falls into a request is chance. */
const NOT_OF_A_REQUEST = 'SELECT path FROM personal_field'

/** Counts what goes through `database` from now on. */
export function countStatements(database: DataSource): StatementCount {
  const statements: string[] = []
  const ignore = (): void => {}
  const logger: Logger = {
    logQuery: (query) => void (query === NOT_OF_A_REQUEST || statements.push(query)),
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  }
  database.logger = logger
  return { statements, reset: () => void (statements.length = 0) }
}
