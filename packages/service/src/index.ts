// What every process shares: configuration, logging, health, metrics, shutdown.
export { ConfigError, COMMON_VARIABLES, mysqlUrl, port, readConfig } from './config.js'
export { networkList } from './network-list.js'
export { createLogger, type Logger } from './logging.js'
export { addHealthRoutes, answerHealth, createMetrics, startHealthServer } from './health.js'
export type { HealthAnswer, HealthChecks, HealthServer } from './health.js'
export { runProcess, type Running } from './process.js'
export { every, sleep, untilItWorks } from './regularly.js'
export { Counter, Gauge, Histogram, type Registry } from 'prom-client'
