// Who the person is: document `data.pii`.
import { ObjectType } from 'type-graphql'
import { number, part, text, texts } from './document-field.js'

@ObjectType('ProfileLanguages', { description: 'Languages of the person.' })
export class Languages {
  @text('Mother tongue.')
  native!: string | null

  @texts('Languages the person speaks.')
  spoken!: string[] | null
}

@ObjectType('ProfileEducation', { description: 'Education of the person.' })
export class Education {
  @text('Highest level.')
  level!: string | null
}

@ObjectType('ProfileCivilStatus', { description: 'Civil status of the person.' })
export class CivilStatus {
  @text('For instance single or married.')
  status!: string | null
}

@ObjectType('ProfileAttributes', { description: 'Measures of the person.' })
export class Attributes {
  @number('In the unit that the source uses.')
  height!: number | null

  @number('In the unit that the source uses.')
  weight!: number | null

  @number('Size of the shoes.')
  shoeNumber!: number | null
}

@ObjectType('ProfilePii', { description: 'Who the person is (`data.pii`).' })
export class Pii {
  @text('First name.')
  firstname!: string | null

  @text('Last name.')
  lastname!: string | null

  @text('How the person is called where one name is shown.')
  displayName!: string | null

  @text('Day of birth, as the source wrote it.')
  birthday!: string | null

  @text('Gender, as the source wrote it.')
  gender!: string | null

  @part(() => Languages, 'Languages of the person.')
  language!: Languages

  @part(() => Education, 'Education of the person.')
  education!: Education

  @part(() => CivilStatus, 'Civil status of the person.')
  civil!: CivilStatus

  @part(() => Attributes, 'Measures of the person.')
  attributes!: Attributes
}
