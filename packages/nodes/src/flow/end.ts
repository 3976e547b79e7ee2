// Marks the end of a branch.
import { z } from 'zod'
import { defineNode } from '../kit/index.js'

export const end = defineNode({
  type: 'end',
  title: 'End',
  group: 'Flow',
  help: 'This branch ends here. Other branches go on, and so does what the run did so far.',
  config: z.strictObject({}),
  ports: [],

  run() {
    return undefined
  },
})
