// Composes gateway/supergraph.graphql from the subgraphs' own schemas, without a database or a port.
//   node gateway/compose.mjs            writes it
//   node gateway/compose.mjs --check    exit code 1 when it is stale
// The subgraphs and packages/graphql must be built.
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

/** What the supergraph is made of, in its order. */
export const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform']

export const SUPERGRAPH_FILE = new URL('supergraph.graphql', import.meta.url)

/**
 * The supergraph of these subgraphs, `{ name, sdl }` each. Addresses are left out: each environment's gateway has its own. Throws an error that lists
 * everything that does not fit together.
 */
export function composeSupergraph(subgraphs) {
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, typeDefs: parse(sdl), url: `http://${name}.subgraph.invalid/graphql` })),
  )
  if (errors) {
    throw new Error(`The subgraphs do not compose:\n${errors.map((error) => `  - ${error.message}`).join('\n')}`)
  }
  return `# Composed by \`npm run compose\`; not edited by hand.\n${supergraphSdl}\n`
}

async function builtSubgraphs() {
  const { buildSubgraph } = await import('@segue/graphql')
  return await Promise.all(
    SUBGRAPHS.map(async (name) => {
      const { definition } = await import(new URL(`../subgraphs/${name}/dist/service.js`, import.meta.url))
      return { name, sdl: (await buildSubgraph(definition)).sdl }
    }),
  )
}

async function main() {
  const supergraph = composeSupergraph(await builtSubgraphs())
  if (!process.argv.includes('--check')) {
    await writeFile(SUPERGRAPH_FILE, supergraph)
    return
  }
  if ((await readFile(SUPERGRAPH_FILE, 'utf8')) !== supergraph) {
    console.error('gateway/supergraph.graphql is stale: run `npm run compose` and commit what it writes.')
    process.exitCode = 1
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
