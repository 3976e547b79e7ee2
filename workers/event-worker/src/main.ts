// The event worker as a process.
import { runProcess } from '@segue/service'
import { readEventWorkerConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readEventWorkerConfig, start })
