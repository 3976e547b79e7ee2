// Parts the ways by a condition.
import { z } from 'zod'
import { condition, defineNode, port } from '../kit/index.js'

export const ifCondition = defineNode({
  type: 'if',
  title: 'If',
  group: 'Flow',
  help: 'Goes on at "true" when the condition holds, else at "false". An absent field makes a comparison false.',
  config: z.strictObject({ condition: condition() }),
  ports: ['true', 'false'],

  run({ config, data, input }) {
    return port(config.condition.evaluate(data) ? 'true' : 'false', input)
  },
})
