// The segment subgraph as a process.
import { runProcess } from '@segue/service'
import { readSegmentConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readSegmentConfig, start })
