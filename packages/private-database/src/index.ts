// The public surface: start a private MariaDB, end what earlier runs left behind, find a free port.
export { startPrivateDatabase, type PrivateDatabase, type PrivateDatabaseOptions } from './start.js'
export { endLeftoverServer } from './leftover-server.js'
export { freePort, portIsFree } from './ports.js'
export { commandLineOf, hasEnded, sendSignal } from './process-table.js'
export { PrivateDatabaseError } from './errors.js'
