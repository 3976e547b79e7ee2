// An entry of the audit, as the API shows it.
import type { AuditEntry } from '@segue/database'
import { GraphQLJSONObject, Right, type PersonalData } from '@segue/graphql'
import { Field, ID, ObjectType } from 'type-graphql'

@Right('audit.read')
@ObjectType({ description: 'What was changed.' })
export class AuditSubject {
  @Field(() => String, { description: 'Name of its type, as `Workflow`.' })
  type!: string

  @Field(() => ID, { description: 'Its id; `*` when one change was of many.' })
  id!: string
}

@Right('audit.read')
@ObjectType('AuditEntry', { description: 'A change that somebody made. Entries are written once and never changed.' })
export class AuditEntryNode {
  @Field(() => ID, { description: 'UUIDv7 of the change.' })
  id!: string

  @Field(() => Date, { description: 'When it was.' })
  at!: Date

  @Field(() => ID, { nullable: true, description: 'The id of the account that did it; null: nobody was signed in.' })
  accountId!: string | null

  @Field(() => String, { nullable: true, description: 'The account’s e-mail address at that time.' })
  accountEmail!: string | null

  @Field(() => ID, {
    nullable: true,
    description: 'The id of the account’s API key that did it; null: a person who was signed in.',
  })
  apiKeyId!: string | null

  @Field(() => String, { description: 'What was done, as `workflow.deploy`.' })
  action!: string

  @Field(() => AuditSubject, { description: 'To what.' })
  subject!: AuditSubject

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'What changed, as it was; null when it is new. Secrets are left out; of a long value only `omitted`, `bytes` and `sha256` are kept.',
  })
  before!: object | null

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'What changed, as it became; null when it is gone.' })
  after!: object | null

  @Field(() => String, { description: 'The address that it was asked from.' })
  address!: string

  @Field(() => String, { nullable: true, description: 'What the client called itself.' })
  userAgent!: string | null

  @Field(() => String, { description: 'The same in the logs of the gateway and the subgraphs.' })
  requestId!: string
}

/** An entry as who sees `personal` may see it. */
export function toAuditEntry(entry: AuditEntry, personal: PersonalData): AuditEntryNode {
  const { subjectType, subjectId, personal: isPersonal, before, after, ...rest } = entry
  return {
    ...rest,
    subject: { type: subjectType, id: subjectId },
    before: before && isPersonal ? personal.free(before) : before,
    after: after && isPersonal ? personal.free(after) : after,
    accountEmail: personal.text(rest.accountEmail),
    address: personal.text(rest.address),
    userAgent: personal.text(rest.userAgent),
  }
}
