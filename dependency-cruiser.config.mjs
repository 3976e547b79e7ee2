// The arrows of the house, checked: who may import whom. `npm run check` fails when one points the wrong way.

const WORKSPACES = '^(packages|subgraphs|workers|gateway|collector)/'

/** Packages that, of all workspaces, may import only themselves and the packages in `known`. */
const packages = (names, known, comment) => ({
  name: `${names[0]}-and-its-like-know-${known.join('-') || 'nobody'}`,
  comment,
  severity: 'error',
  from: { path: `^(packages/(?:${names.join('|')}))/src/`, pathNot: '(\\.test\\.ts$|/src/testing/)' },
  to: { path: WORKSPACES, pathNot: ['^$1/', ...known.map((name) => `^packages/${name}/`)] },
})

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thought, or the arrow belongs the other way.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'only-through-the-index',
      comment: 'A package is imported by its name; its exports are its public surface and nobody reaches past them.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|subgraphs/[^/]+|workers/[^/]+|gateway|collector)/src/' },
      to: {
        path: '^(packages|subgraphs|workers|gateway|collector|bench)/.+/',
        pathNot: ['^$1/', '/src/(index|service|config)\\.ts$'],
      },
    },
    {
      name: 'no-unlisted-packages',
      comment: 'What a workspace imports stands in its own package.json, or it breaks where it is installed alone.',
      severity: 'error',
      from: { path: '/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    packages(
      ['database', 'conditions', 'event-model', 'service', 'debian-packages', 'api-client', 'secrets', 'outgoing'],
      [],
      'What everything stands on stands on nothing.',
    ),
    packages(['private-database'], ['debian-packages'], 'It knows servers, not what they are for.'),
    packages(['workflow-engine'], ['conditions', 'database'], 'It runs graphs; what the nodes do it does not know.'),
    packages(['nodes'], ['conditions', 'workflow-engine'], 'Nodes are data and behaviour for the engine.'),
    packages(
      ['pipeline'],
      ['conditions', 'database', 'event-model', 'nodes', 'workflow-engine'],
      'It runs inside a worker and must not know which.',
    ),
    packages(['graphql'], ['database', 'event-model', 'service'], 'What subgraphs share knows none of them.'),
    {
      name: 'services-know-packages-only',
      comment: 'Processes meet over HTTP and in the database, never in code.',
      severity: 'error',
      from: { path: '^(subgraphs/[^/]+|workers/[^/]+|gateway|collector)/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(subgraphs|workers|gateway|collector|packages/local-start)/', pathNot: '^$1/' },
    },
    {
      name: 'the-gateway-has-no-database',
      comment: 'It sees data only through the subgraphs, which check who asks.',
      severity: 'error',
      from: { path: '^gateway/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/(database|pipeline)/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Tests and benches use the house, not the other way round.',
      severity: 'error',
      from: { pathNot: '(\\.test\\.ts$|/src/testing/|^test/|^bench/)' },
      to: { path: '(\\.test\\.ts$|^test/|^bench/)' },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript interface; swc reads the sources.
    parser: 'swc',
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '^bench/peers/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'node', 'default'] },
  },
}
