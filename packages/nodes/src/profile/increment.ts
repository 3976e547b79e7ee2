// Adds a number to a numeric field of the profile; a missing field counts as 0.
import { z } from 'zod'
import { amount, defineNode, nodeError, port, profileField } from '../kit/index.js'

const AmountNotANumber = nodeError<{ field: string }>(
  'AMOUNT_NOT_A_NUMBER',
  'The amount for {field} is no number. Check that the fields it is calculated from are there.',
)

export const incrementField = defineNode({
  type: 'profile.increment',
  title: 'Increment',
  group: 'Profile',
  help: 'Adds the amount to a number on the profile. Refuses fields that hold something else.',
  config: z.strictObject({ field: profileField(), amount: amount().prefault(1) }),
  ports: ['done', 'error'],

  run({ config, data, profile }) {
    const by = config.amount(data)
    if (typeof by !== 'number') return port('error', AmountNotANumber({ field: config.field.text }))
    profile.increment(config.field, by)
    return port('done')
  },
})
