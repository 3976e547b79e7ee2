// Adds a value at the end of a list on the profile; a missing field counts as an empty list.
import { z } from 'zod'
import { defineNode, port, profileField, value } from '../kit/index.js'

export const appendValue = defineNode({
  type: 'profile.append',
  title: 'Append to list',
  group: 'Profile',
  help: 'Adds a value at the end of a list on the profile, unless it is there already. Refuses fields that hold no list.',
  config: z.strictObject({ field: profileField(), value: value() }),
  ports: ['done', 'error'],

  run({ config, data, profile }) {
    profile.append(config.field, config.value(data))
    return port('done')
  },
})
