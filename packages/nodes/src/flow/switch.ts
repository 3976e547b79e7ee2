// Parts the ways by several conditions.
import { z } from 'zod'
import { branches, condition, defineNode, port } from '../kit/index.js'

export const switchCase = defineNode({
  type: 'switch',
  title: 'Switch',
  group: 'Flow',
  help: 'Goes on at the first case whose condition holds, else at "else".',
  config: z.strictObject({ cases: branches({ condition: condition() }, ['else']) }),
  ports: ({ cases }) => [...cases.map(({ name }) => name), 'else'],

  run({ config, data, input }) {
    return port(config.cases.find(({ condition }) => condition.evaluate(data))?.name ?? 'else', input)
  },
})
