// Copies data into fields of the profile.
import { z } from 'zod'
import { dataField, defineNode, port, profileField } from '../kit/index.js'

export const copyFields = defineNode({
  type: 'profile.copy',
  title: 'Copy fields',
  group: 'Profile',
  help: 'Copies fields of the event, the session, the input or the profile into the profile. What is absent is left out.',
  config: z.strictObject({
    fields: z
      .array(z.strictObject({ from: dataField(), to: profileField() }))
      .min(1)
      .max(100),
  }),
  ports: ['done', 'error'],

  run({ config, data, profile }) {
    for (const { from, to } of config.fields) {
      const found = from.read(profile, data)
      if (found !== undefined && found !== null) profile.set(to, found)
    }
    return port('done')
  },
})
