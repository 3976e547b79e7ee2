// Parts people by chance, the same way each time.
import { z } from 'zod'
import { createHash } from 'node:crypto'
import { parsePath, type ProfileDraft } from '@segue/workflow-engine'
import { branches, defineNode, port } from '../kit/index.js'

const ID = parsePath('id')

export const split = defineNode({
  type: 'split',
  title: 'A/B split',
  group: 'People',
  help: 'Parts people by weight. A person goes the same way each time, also in later versions, as long as the weights stay. Splits with the same salt part people alike.',
  config: z
    .strictObject({
      branches: branches({ weight: z.number().min(0).max(1_000_000).default(1).meta({ title: 'Weight' }) }),
      salt: z.string().min(1).max(100).optional().meta({ title: 'Salt' }),
    })
    .refine(({ branches }) => branches.some(({ weight }) => weight > 0), {
      message: 'One of the branches must have a weight.',
      path: ['branches'],
    }),
  ports: ({ branches }) => branches.map(({ name }) => name),

  run({ config, event, input, nodeId, profile, startedAt }) {
    const whom = profileId(profile) ?? event?.id ?? String(startedAt)
    const number = numberOf(`${config.salt ?? nodeId}:${whom}`)
    return port(branchAt(number, config.branches), input)
  },
})

function profileId(profile: ProfileDraft): string | undefined {
  const id = typeof ID === 'string' ? undefined : profile.read(ID)
  return typeof id === 'string' ? id : undefined
}

/**
 * A number from 0 up to 1 that belongs to the text: the first 52 bits of its SHA-256, which are as good as chance.
 * A person's number never changes. The branches lie side by side from 0 to 1, in their order, so a change of weights moves
 * those only whose number comes to lie in another one.
 */
export function numberOf(text: string): number {
  return Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 13), 16) / 2 ** 52
}

function branchAt(number: number, branches: readonly { name: string; weight: number }[]): string {
  const place = number * branches.reduce((sum, { weight }) => sum + weight, 0)
  let end = 0
  let last = ''
  for (const { name, weight } of branches) {
    end += weight
    if (weight > 0) last = name
    if (weight > 0 && place < end) return name
  }
  // Sums of fractions may end a hair below the number.
  return last
}
