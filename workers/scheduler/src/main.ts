// The scheduler as a process.
import { runProcess } from '@segue/service'
import { readSchedulerConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readSchedulerConfig, start })
