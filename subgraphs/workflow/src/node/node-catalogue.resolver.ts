// The nodes that workflows are made of.
import type { JsonObject } from '@segue/workflow-engine'
import { Right, GraphQLJSONObject } from '@segue/graphql'
import { nodeCatalogue, type CatalogueEntry } from '@segue/nodes'
import { Field, ObjectType, Query, Resolver } from 'type-graphql'

@ObjectType({ description: 'A kind of node that workflows are made of.' })
class NodeType {
  @Field(() => String, { description: 'What a node of it says as its type.' })
  type!: string

  @Field(() => String, { description: 'What people call it.' })
  title!: string

  @Field(() => String, { description: 'Under which heading it is listed.' })
  group!: string

  @Field(() => String, { description: 'What it does.' })
  help!: string

  @Field(() => [String], { nullable: true, description: 'Its ports; null when they follow from its configuration.' })
  ports!: readonly string[] | null

  @Field(() => GraphQLJSONObject, {
    description:
      'JSON Schema (2020-12) of its configuration, for a form. `format` marks fields with an editor of their own: `cel`, `liquid`, `profile-field`, `data-field`.',
  })
  configSchema!: JsonObject
}

@Right('workflows.read')
@Resolver()
export class NodeCatalogueResolver {
  @Query(() => [NodeType], { nullable: true, description: 'Every node that a workflow may have.' })
  nodeCatalogue(): CatalogueEntry[] {
    return nodeCatalogue()
  }
}
