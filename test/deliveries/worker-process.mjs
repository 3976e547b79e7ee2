// A delivery worker as a process, with the short times of tests: { config, timings } come as JSON.
import { readDeliveryWorkerConfig } from '@segue/delivery-worker/config'
import { start } from '@segue/delivery-worker'
import { runProcess } from '@segue/service'

await runProcess({
  config: readDeliveryWorkerConfig,
  start: (config) => start(config, JSON.parse(process.env.TIMINGS ?? '{}')),
})
