// The workflow subgraph as a process.
import { runProcess } from '@segue/service'
import { readWorkflowConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readWorkflowConfig, start })
