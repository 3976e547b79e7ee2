// Runs another workflow on the same profile.
import { z } from 'zod'
import { defineNode, duration, keyName, park, port, reference, value } from '../kit/index.js'
import type { JsonObject } from '@segue/workflow-engine'

export const runSubWorkflow = defineNode({
  type: 'workflow.run',
  title: 'Run workflow',
  group: 'Runs',
  help: 'Runs another workflow on the same profile, and waits for what its ends give, or goes on at once.',
  config: z.strictObject({
    workflowId: reference('workflow'),
    input: z.record(keyName(), value()).default({}).meta({ title: 'Input' }),
    wait: z.boolean().default(true).meta({ title: 'Wait until it ends' }),
    timeout: duration().optional().meta({ title: 'At most' }),
  }),
  ports: ({ wait, timeout }) => [
    'done',
    ...(wait ? ['failed', ...(timeout === undefined ? [] : ['timeout'])] : []),
    'error',
  ],
  waits: true,

  run({ config, data, input, now, start }) {
    const given: JsonObject = {}
    for (const [name, value] of Object.entries(config.input)) given[name] = value(data)
    if (!config.wait) {
      start(config.workflowId, given)
      return port('done', input)
    }
    return park({
      until: config.timeout === undefined ? null : now + config.timeout,
      awaits: { kind: 'run', workflowId: config.workflowId, input: given },
    })
  },

  wake({ cause, config, input }) {
    if (cause.kind !== 'run') return port(config.timeout === undefined ? 'failed' : 'timeout', input)
    return cause.state === 'completed' ? port('done', cause.output) : port('failed', { state: cause.state })
  },
})
