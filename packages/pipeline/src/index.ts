// The pipeline: a batch of events to all its effects, one file a step.
export { processBatch, type BatchOutcome } from './process-batch.js'
export { EventFailure } from './batch.js'
export { ProfilesMoved } from './identify/load.js'
export { ConfigurationLoader, type Configuration } from './configuration.js'
export { claimKeys } from './claim-keys.js'
export { moveMerged } from './move-merged.js'
export { installBuiltIns } from './install-built-ins.js'
export { sessionBytes } from './session-id.js'
