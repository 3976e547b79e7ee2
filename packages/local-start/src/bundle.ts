// The last step of this package's build: puts the code of the processes that `npm start` runs into a few files. Finding,
// reading and compiling two thousand single ones in each of five processes was half of the work of a start.
import { readFile, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { CHILD_SCRIPT } from './folders.js'

const source = join(import.meta.dirname, 'child.js')
const bundle = dirname(CHILD_SCRIPT)

/** A file that finds others by its own place goes on finding them. Relative, so that the project may be moved. */
const places: Plugin = {
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\/(collector|gateway|packages|subgraphs|workers)\/.*\.js$/ }, async ({ path }) => {
      if (path.includes('/node_modules/')) return undefined
      const place = `new URL(${JSON.stringify(relative(bundle, path))}, import.meta.url).href`
      return { contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', place) }
    })
  },
}

await rm(bundle, { recursive: true, force: true })
await build({
  entryPoints: [source],
  outdir: bundle,
  bundle: true,
  // What only some processes need stays in files of its own.
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifyWhitespace: true,
  // GraphQL types and tables are found by the names of their classes.
  keepNames: true,
  // Has a binary beside it.
  external: ['@node-rs/argon2'],
  plugins: [places],
  // The drivers of databases that nobody uses here are not installed, and missed by nobody.
  logLevel: 'error',
  // For what is not written as a module.
  banner: {
    js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`,
  },
})
