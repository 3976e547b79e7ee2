// Composes gateway/supergraph.graphql from the subgraphs' own schemas, without a database or a port.
//   node gateway/compose.mjs            writes it, and the API's types of packages/api-client
//   node gateway/compose.mjs --check    exit code 1 when it is stale, or breaks clients of the last release
//   node gateway/compose.mjs --release  writes it, and makes it what later changes are compared with
// The subgraphs and packages/graphql must be built.
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { apiOf, breakingChanges, INTENDED_BREAKS_FILE, RELEASED_FILE } from './breaking-changes.mjs'
import { CLIENT_SCHEMA_FILE, clientSchemaOf } from './client-schema.mjs'

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
  if (process.argv.includes('--check')) return await check(supergraph)
  await writeFile(SUPERGRAPH_FILE, supergraph)
  await writeFile(CLIENT_SCHEMA_FILE, clientSchemaOf(supergraph))
  if (!process.argv.includes('--release')) return
  await writeFile(RELEASED_FILE, apiOf(supergraph))
  await writeFile(INTENDED_BREAKS_FILE, '[]\n')
}

async function check(supergraph) {
  const problems = []
  if ((await readFile(SUPERGRAPH_FILE, 'utf8')) !== supergraph) {
    problems.push('gateway/supergraph.graphql is stale: run `npm run compose` and commit what it writes.')
  }
  if ((await readFile(CLIENT_SCHEMA_FILE, 'utf8')) !== clientSchemaOf(supergraph)) {
    problems.push(`packages/api-client/src/schema.ts is stale: run \`npm run compose\` and commit what it writes.`)
  }
  const [released, intended] = await Promise.all(
    [RELEASED_FILE, INTENDED_BREAKS_FILE].map((file) => readFile(file, 'utf8')),
  )
  const { breaking, pointless } = await breakingChanges(released, apiOf(supergraph), JSON.parse(intended))
  problems.push(
    ...breaking.map(({ type, path, message }) => `Breaks clients of the last release: ${message} (${type} ${path})`),
    ...pointless.map(({ type, path }) => `gateway/intended-breaks.json has ${type} ${path}, which is no break.`),
  )
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
