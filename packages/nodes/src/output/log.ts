// Writes a line into the log of the run.
import { z } from 'zod'
import { defineNode, port, template } from '../kit/index.js'

export const logMessage = defineNode({
  type: 'log',
  title: 'Log',
  group: 'Output',
  help: 'Writes a message into the log of the run, for whoever looks at it.',
  config: z.strictObject({
    message: template(),
    level: z.enum(['debug', 'info', 'warning', 'error']).default('info').meta({ title: 'Level' }),
  }),
  ports: ['done', 'error'],

  run({ config, data, input, log }) {
    log(config.level, config.message.render(data))
    return port('done', input)
  },
})
