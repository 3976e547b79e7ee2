// Where runs begin. Which events start a workflow is the business of its triggers.
import { z } from 'zod'
import { defineNode, port } from '../kit/index.js'

export const start = defineNode({
  type: 'start',
  title: 'Start',
  group: 'Flow',
  help: 'Here runs begin: at all starts, or at the one that a trigger names. Triggers say what starts the workflow.',
  config: z.strictObject({ name: z.string().trim().min(1).max(100).optional().meta({ title: 'Name' }) }),
  ports: ['next'],
  begins: true,

  run({ input }) {
    return port('next', input)
  },
})
