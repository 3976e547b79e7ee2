// Marking fields as personal. A mark counts in every subgraph within some seconds.
import { PersonalField } from '@segue/database'
import { Right, type MutationContext, type SubgraphContext } from '@segue/graphql'
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql'
import type { ProfileLoaders } from '../loaders.js'
import { PersonalFieldInput, PersonalFieldNode, PersonalFieldsPayload } from './personal-field.js'

type Context = SubgraphContext<ProfileLoaders>
type Changing = MutationContext<ProfileLoaders>

@Right('personal-fields.write')
@Resolver()
export class PersonalFieldResolver {
  @Right('personal-fields.read')
  @Query(() => [PersonalFieldNode], { nullable: true, description: 'Fields that were marked as personal, by path.' })
  async personalFields(@Ctx() { database }: Context): Promise<PersonalField[]> {
    return await database.getRepository(PersonalField).find({ order: { path: 'ASC' } })
  }

  @Mutation(() => PersonalFieldsPayload, { description: 'Marks a field as personal.' })
  async markPersonalField(
    @Arg('input', () => PersonalFieldInput, { description: 'Which one.' }) { path }: PersonalFieldInput,
    @Ctx() { transaction, audit, account }: Changing,
  ): Promise<PersonalFieldsPayload> {
    const fields = transaction.getRepository(PersonalField)
    if (!(await fields.existsBy({ path }))) {
      // Somebody may mark it at the same moment; the mark is there then, which is what was asked for.
      const mark = { path, markedAt: new Date(), markedBy: account?.id ?? null }
      await fields.createQueryBuilder().insert().values(mark).orIgnore().execute()
      audit({ action: 'personal-field.mark', subject: { type: 'PersonalField', id: path }, after: { path } })
    }
    return { personalFields: await fields.find({ order: { path: 'ASC' } }) }
  }

  @Mutation(() => PersonalFieldsPayload, {
    description: 'Takes a mark away. Fields that are personal by themselves, such as `data.contact`, stay so.',
  })
  async unmarkPersonalField(
    @Arg('input', () => PersonalFieldInput, { description: 'Which one.' }) { path }: PersonalFieldInput,
    @Ctx() { transaction, audit }: Changing,
  ): Promise<PersonalFieldsPayload> {
    const fields = transaction.getRepository(PersonalField)
    const { affected } = await fields.delete({ path })
    if (affected) {
      audit({ action: 'personal-field.unmark', subject: { type: 'PersonalField', id: path }, before: { path } })
    }
    return { personalFields: await fields.find({ order: { path: 'ASC' } }) }
  }
}
