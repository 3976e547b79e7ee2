// Marks the end of a branch; what it gets is what the run gives to a workflow that waits for it.
import { z } from 'zod'
import { defineNode } from '../kit/index.js'

export const end = defineNode({
  type: 'end',
  title: 'End',
  group: 'Flow',
  help: 'This branch ends here. Other branches go on, and so does what the run did so far. What arrives here is the output of the run.',
  config: z.strictObject({ name: z.string().trim().min(1).max(100).optional().meta({ title: 'Name' }) }),
  ports: [],

  run() {
    return undefined
  },
})
