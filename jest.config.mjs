// One jest for the whole house: unit tests lie beside the code, what crosses services in `test/`.
export default {
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/{packages,subgraphs,workers,gateway,collector,bench,test}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/bench/peers/'],
  modulePathIgnorePatterns: ['/dist/', '/bench/peers/'],
  extensionsToTreatAsEsm: ['.ts'],
  // Workspace packages resolve to their sources, so a unit test needs no build.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/setup/start-database.mjs',
  globalTeardown: '<rootDir>/test/setup/stop-database.mjs',
  // Two cores: two suites at a time; a suite that kills processes runs its own database.
  maxWorkers: 2,
  testTimeout: 60_000,
}
