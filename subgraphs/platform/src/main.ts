// The platform subgraph as a process.
import { runProcess } from '@segue/service'
import { readPlatformConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readPlatformConfig, start })
