// The scheduler worker as a process.
import { runProcess } from '@segue/service'
import { readSchedulerWorkerConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readSchedulerWorkerConfig, start })
