// The delivery worker as a process.
import { runProcess } from '@segue/service'
import { readDeliveryWorkerConfig } from './config.js'
import { start } from './service.js'

await runProcess({ config: readDeliveryWorkerConfig, start })
