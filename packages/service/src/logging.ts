// One logger a process: JSON lines on standard output; secrets never pass.
import { pino, type Logger } from 'pino'

export type { Logger } from 'pino'

/** A logger that names its service. `level` as in the configuration; tests pass 'silent'. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: withoutValues },
    redact: {
      paths: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token', '*.secret', '*.url'],
      censor: '[removed]',
    },
  })
}

/** An error as the log may have it. A database's message quotes values, and its statement has them all: somebody's address, somebody's name. */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const ofDatabase = 'sqlState' in error || 'sqlMessage' in error
  const { code } = error as NodeJS.ErrnoException
  return {
    type: error.constructor.name,
    ...(ofDatabase ? {} : { message: error.message }),
    ...(code === undefined ? {} : { code }),
    // Without the message, which it begins with.
    stack: (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)),
    ...(error.cause === undefined ? {} : { cause: withoutValues(error.cause) }),
  }
}
