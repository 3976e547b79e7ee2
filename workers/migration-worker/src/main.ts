// The migration worker as a process.
import { runProcess } from '@segue/service'
import { readMigrationWorkerConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readMigrationWorkerConfig, start })
