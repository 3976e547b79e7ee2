// The composed supergraph and what the gateway reads out of it.
import { Kind, parse, valueFromASTUntyped } from 'graphql'
import { readFile } from 'node:fs/promises'

/** Checked in beside the sources; `npm run compose` writes it. */
const FILE = new URL('../supergraph.graphql', import.meta.url)

export async function readSupergraph(): Promise<string> {
  return await readFile(FILE, 'utf8')
}

/** Root fields that need no sign-in, as `Mutation.login`: those that their subgraph tagged `public`. */
export function publicFields(supergraph: string): ReadonlySet<string> {
  const fields = parse(supergraph).definitions.flatMap((type) =>
    type.kind === Kind.OBJECT_TYPE_DEFINITION && ['Query', 'Mutation', 'Subscription'].includes(type.name.value)
      ? (type.fields ?? []).map((field) => ({ field, name: `${type.name.value}.${field.name.value}` }))
      : [],
  )
  const isPublic = ({ field }: (typeof fields)[number]): boolean =>
    (field.directives ?? []).some(
      (directive) =>
        directive.name.value === 'tag' &&
        directive.arguments?.some((argument) => valueFromASTUntyped(argument.value) === 'public'),
    )
  return new Set(fields.filter(isPublic).map(({ name }) => name))
}
