// Where runs begin. Which events start a workflow is the business of its triggers.
import { z } from 'zod'
import { defineNode, port } from '../kit/index.js'

export const start = defineNode({
  type: 'start',
  title: 'Start',
  group: 'Flow',
  help: 'Here every run begins. Triggers say which events start the workflow.',
  config: z.strictObject({}),
  ports: ['next'],
  begins: true,

  run() {
    return port('next')
  },
})
