// The public surface: the backend, its parts for those who mix backends, the schema for those who migrate themselves.
export { MySqlBackend, type MySqlBackendConfig } from './backend.js'
export { MySqlJobLogger, type MySqlJobLoggerOptions } from './job-logger.js'
export { MySqlNotificationChannel, type MySqlNotificationChannelOptions } from './notification-channel.js'
export type { MySqlJobRepository } from './repository.js'
export { agendaSchema } from './sql/schema.js'
export { AgendaMySqlError } from './errors.js'
