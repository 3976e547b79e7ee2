// What of the API would break clients of the last release. The release's API lies beside the supergraph, so a fresh clone needs no history to compare.
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildASTSchema, Kind, parse, print, visit } from 'graphql'

/** The API of the last release, as clients see it. `npm run compose -- --release` writes it. */
export const RELEASED_FILE = new URL('released.graphql', import.meta.url)

/** Breaks that are meant: `[{ "type", "path", "why" }]`, type and path as the check names them. A release empties it. */
export const INTENDED_BREAKS_FILE = new URL('intended-breaks.json', import.meta.url)

/** Directives that clients see; all others are the gateway's own. */
const DIRECTIVES_OF_CLIENTS = new Set(['deprecated', 'specifiedBy', 'oneOf'])
const isOwn = (name) => name.includes('__')

/** What clients see of a supergraph, as SDL in alphabetical order, without descriptions. */
export function apiOf(supergraphSdl) {
  const document = visit(parse(supergraphSdl), {
    // What a thing means may be said better at any time; it is no contract.
    StringValue: (_value, key) => (key === 'description' ? null : undefined),
    DirectiveDefinition: () => null,
    SchemaDefinition: () => null,
    Directive: (directive) => (DIRECTIVES_OF_CLIENTS.has(directive.name.value) ? undefined : null),
    ScalarTypeDefinition: (type) => (isOwn(type.name.value) ? null : undefined),
    EnumTypeDefinition: (type) => (isOwn(type.name.value) ? null : undefined),
    InputObjectTypeDefinition: (type) => (isOwn(type.name.value) ? null : undefined),
  })
  const definitions = document.definitions.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1))
  return `${print({ kind: Kind.DOCUMENT, definitions })}\n`
}

/**
 * Compares two APIs. `breaking`: changes that are not among `intended`, as `{ type, path, message }`; `pointless`: entries of `intended` that nothing
 * corresponds to, which would let a later break through.
 */
export async function breakingChanges(releasedSdl, currentSdl, intended) {
  const changes = await diff(buildASTSchema(parse(releasedSdl)), buildASTSchema(parse(currentSdl)))
  const breaks = changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ type, path = '', message }) => ({ type, path, message }))
  const corresponds = (entry) => (change) => change.type === entry.type && change.path === entry.path
  return {
    breaking: breaks.filter((change) => !intended.some((entry) => corresponds(entry)(change))),
    pointless: intended.filter((entry) => !breaks.some(corresponds(entry))),
  }
}
