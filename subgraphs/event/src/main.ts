// The event subgraph as a process.
import { runProcess } from '@segue/service'
import { readEventConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readEventConfig, start })
