// What the gateway itself answers when a subgraph does not.
import { userError } from '@segue/graphql'

export const SubgraphAway = userError(
  'SUBGRAPH_AWAY',
  502,
  'The {name} part of the API is away, so what it knows is missing here. Try again in a moment.',
)
export const SubgraphSlow = userError(
  'SUBGRAPH_TIMEOUT',
  504,
  'The {name} part of the API did not answer within {seconds} seconds. Ask for less, or try again.',
)
