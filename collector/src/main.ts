// The collector as a process of its own.
import { runProcess } from '@segue/service'
import { readCollectorConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readCollectorConfig, start })
