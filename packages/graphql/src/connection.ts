// Relay connections as GraphQL types: arguments, page info, and a connection type for any node.
import { ArgsType, Directive, Field, Int, ObjectType, type ClassType } from 'type-graphql'
import { BadPage } from './errors.js'
import { Right } from './rights.js'

/** A page's size when none is asked for. */
export const DEFAULT_PAGE_SIZE = 25
/** Most rows a page may have: an answer of 200 profiles is about a megabyte. */
export const MAX_PAGE_SIZE = 200

/** Arguments of every connection; extend it for filters. */
@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, {
    nullable: true,
    description: 'How many, from the start or after `after`; 25 when unset, at most 200.',
  })
  first?: number | null

  @Field(() => String, { nullable: true, description: 'A cursor: what follows it.' })
  after?: string | null

  @Field(() => Int, { nullable: true, description: 'How many, from the end or before `before`; at most 200.' })
  last?: number | null

  @Field(() => String, { nullable: true, description: 'A cursor: what precedes it.' })
  before?: string | null
}

/** What a page asks for, checked. */
export interface PageRequest {
  size: number
  backward: boolean
  cursor: string | undefined
}

/** Throws BAD_PAGE for sizes out of range and for directions that are mixed. */
export function readPageRequest({ first, after, last, before }: ConnectionArgs): PageRequest {
  const backward = last != null || (first == null && before != null)
  if (backward ? first != null || after != null : before != null) {
    throw BadPage({ problem: 'Page forward with first and after, or backward with last and before, not both at once.' })
  }
  const size = (backward ? last : first) ?? DEFAULT_PAGE_SIZE
  if (size < 0 || size > MAX_PAGE_SIZE) {
    throw BadPage({ problem: `A page has 0 to ${MAX_PAGE_SIZE} rows, not ${size}.` }, [backward ? 'last' : 'first'])
  }
  return { size, backward, cursor: (backward ? before : after) ?? undefined }
}

@Directive('@shareable')
@Right('public')
@ObjectType({ description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether something follows the page.' })
  hasNextPage!: boolean

  @Field(() => Boolean, { description: 'Whether something precedes the page.' })
  hasPreviousPage!: boolean

  @Field(() => String, { nullable: true, description: 'The cursor of its first one; null when it is empty.' })
  startCursor!: string | null

  @Field(() => String, { nullable: true, description: 'The cursor of its last one; null when it is empty.' })
  endCursor!: string | null
}

/** A page of nodes as resolvers return it. */
export interface Connection<Node> {
  edges: { node: Node; cursor: string }[]
  pageInfo: PageInfo
}

/**
 * The connection type of a node: call it once for each node class, at the top of a module:
 * `const SegmentConnection = connectionType(SegmentNode, 'Segment')`. A `totalCount` is a field resolver on the connection, and only where counting is
 * cheap. Say `foreign` for another subgraph's entity: its node may be null, so that one that is gone or away does not take the page with it.
 */
export function connectionType<Node extends object>(
  node: ClassType<Node>,
  name: string,
  { foreign = false } = {},
): ClassType<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: `One of a page of ${name}.` })
  class Edge {
    @Field(() => node, {
      nullable: foreign,
      description: foreign ? 'What is listed; null when it is gone, or what knows it is away.' : 'What is listed.',
    })
    node!: Node

    @Field(() => String, { description: 'Its place in the list, for `after` and `before`.' })
    cursor!: string
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${name}.` })
  class NodeConnection implements Connection<Node> {
    @Field(() => [Edge], { description: 'What is on the page, in the list’s order.' })
    edges!: Edge[]

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo!: PageInfo
  }
  return NodeConnection
}
