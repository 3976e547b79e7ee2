// The gateway as a process.
import { runProcess } from '@segue/service'
import { readGatewayConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readGatewayConfig, start })
