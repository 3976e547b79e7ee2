// What resources of each transport look like.
import { checkResource, RESOURCE_SETTINGS, type ResourceTransport } from '@segue/outgoing'
import type { JsonObject } from '@segue/workflow-engine'

/** Encrypts a resource's secret, bound to its id. */
export type SecretSealer = (resourceId: string, secret: JsonObject) => Buffer

/** What is wrong with a resource, and where in the input; undefined for nothing. `secret`: null for none, undefined for the one that it has. */
export function resourceProblem(
  transport: string,
  settings: JsonObject,
  secret: JsonObject | null | undefined,
): { message: string; path: string[] } | undefined {
  if (isTransport(transport)) return checkResource(transport, settings, secret)[0]
  const known = Object.keys(RESOURCE_SETTINGS).join(', ')
  return { message: `There is no transport ${transport}. Choose one of these: ${known}.`, path: ['transport'] }
}

function isTransport(name: string): name is ResourceTransport {
  return Object.hasOwn(RESOURCE_SETTINGS, name)
}
