// Lets branches meet again.
import { z } from 'zod'
import { defineNode, port } from '../kit/index.js'

export const join = defineNode({
  type: 'join',
  title: 'Join',
  group: 'Flow',
  help: 'Waits for all branches that can still arrive, or lets the first one pass and ends the others. Hands on what each node before it gave, by node.',
  config: z.strictObject({ joins: z.enum(['all', 'any']).default('all').meta({ title: 'Waits for' }) }),
  ports: ['next'],
  joins: ({ joins }) => joins,

  run({ input }) {
    return port('next', input)
  },
})
