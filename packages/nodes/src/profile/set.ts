// Writes fields of the profile.
import { z } from 'zod'
import { defineNode, port, profileField, value } from '../kit/index.js'

export const setFields = defineNode({
  type: 'profile.set',
  title: 'Set fields',
  group: 'Profile',
  help: 'Writes values into fields of the profile, all of them or, when one cannot be written, none.',
  config: z.strictObject({
    fields: z
      .array(
        z.strictObject({
          field: profileField(),
          value: value(),
          once: z.boolean().default(false).meta({ title: 'Only when the field is empty' }),
        }),
      )
      .min(1)
      .max(100),
  }),
  ports: ['done', 'error'],

  run({ config, data, profile }) {
    for (const { field, value, once } of config.fields) {
      if (once) profile.setOnce(field, value(data))
      else profile.set(field, value(data))
    }
    return port('done')
  },
})
