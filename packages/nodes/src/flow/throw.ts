// Fails on purpose.
import { z } from 'zod'
import { defineNode, NodeError, port, template } from '../kit/index.js'

/** A message is read by people, in lists of runs. */
const LONGEST_MESSAGE = 1_000

export const throwError = defineNode({
  type: 'throw',
  title: 'Throw',
  group: 'Flow',
  help: 'Ends the run as failed, with nothing of what it did since it last waited. Wire "error" to go on there instead.',
  config: z.strictObject({
    message: template(),
    code: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'A code is written in capital letters, such as NO_STOCK.')
      .default('THROWN')
      .meta({ title: 'Code' }),
  }),
  ports: ['error'],

  run({ config, data }) {
    return port('error', new NodeError(config.code, config.message.render(data).slice(0, LONGEST_MESSAGE)))
  },
})
