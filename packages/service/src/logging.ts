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
    redact: {
      paths: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token', '*.secret', '*.url'],
      censor: '[removed]',
    },
  })
}
