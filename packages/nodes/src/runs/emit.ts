// Makes an event about the profile.
import { z } from 'zod'
import { defineNode, eventType, keyName, port, value } from '../kit/index.js'
import type { JsonObject } from '@segue/workflow-engine'

export const emitEvent = defineNode({
  type: 'emit',
  title: 'Emit event',
  group: 'Runs',
  help: 'Makes an event about the profile, which can start workflows and end waits like any other.',
  config: z.strictObject({
    eventType: eventType(),
    properties: z.record(keyName(), value()).default({}).meta({ title: 'Properties' }),
  }),
  ports: ['done', 'error'],

  run({ config, data, emit, input }) {
    const properties: JsonObject = {}
    for (const [name, value] of Object.entries(config.properties)) properties[name] = value(data)
    emit(config.eventType, properties)
    return port('done', input)
  },
})
