// What the person does for a living: document `data.job`.
import { ObjectType } from 'type-graphql'
import { number, part, text } from './document-field.js'

@ObjectType('ProfileCompany', { description: 'Where the person works.' })
export class Company {
  @text('Name.')
  name!: string | null

  @number('How many people work there.')
  size!: number | null

  @text('Line of business.')
  segment!: string | null

  @text('Country.')
  country!: string | null
}

@ObjectType('ProfileJob', { description: 'What the person does for a living (`data.job`).' })
export class Job {
  @text('Position.')
  position!: string | null

  @number('Salary, in the currency of the source.')
  salary!: number | null

  @text('For instance full-time.')
  type!: string | null

  @text('Department.')
  department!: string | null

  @part(() => Company, 'The company.')
  company!: Company
}
