// The profile subgraph as a process.
import { runProcess } from '@segue/service'
import { readProfileConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readProfileConfig, start })
