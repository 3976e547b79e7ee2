// The page of environment variables names what the services read, and nothing else.
import { expect, test } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const project = join(import.meta.dirname, '../..')

/** Variables that jest's own setup hands to the suites. */
const INTERNAL = ['SEGUE_TEST_DATABASE_URL', 'SEGUE_TEST_TEMPLATE']

async function sources(): Promise<string[]> {
  const files: string[] = []
  for (const folder of ['collector', 'gateway', 'workers', 'subgraphs', 'packages', 'test/setup']) {
    for (const entry of await readdir(join(project, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (!/\.(ts|mjs)$/.test(path) || /\.test\.ts$|node_modules|\/dist\/|\/testing\//.test(path)) continue
      if (!path.endsWith('/test/setup/subgraph.ts')) files.push(await readFile(path, 'utf8'))
    }
  }
  return files
}

const names = (text: string) => [...text.matchAll(/SEGUE_[A-Z]+(?:_[A-Z]+)*\b(?!_)/g)].map(([name]) => name)

test('every variable that is read is described, and every one that is described is read', async () => {
  const read = new Set((await sources()).flatMap(names).filter((name) => !INTERNAL.includes(name)))
  const described = new Set(names(await readFile(join(project, 'docs/operations/environment-variables.md'), 'utf8')))
  // Made from the subgraph's name, so no source has it in full.
  for (const subgraph of ['PROFILE', 'EVENT', 'WORKFLOW', 'SEGMENT', 'PLATFORM'])
    read.add(`SEGUE_SUBGRAPH_${subgraph}_PORT`)
  expect([...described].toSorted()).toEqual([...read].toSorted())
})
