// Replay of retail files: as a command (`main.ts`) and from code, for a first start's sample and for tests.
export { replay, type ReplayOptions, type ReplayResult } from './replay.js'
export { ReplayError } from './errors.js'
export { sampleFile } from './sample.js'
