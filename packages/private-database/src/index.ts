// The public surface: start a private MariaDB, end one that an earlier run left behind, and find a free port.
export { startPrivateDatabase, type PrivateDatabase, type PrivateDatabaseOptions } from './start.js'
export { endLeftoverServer } from './leftover-server.js'
export { freePort, portIsFree } from './ports.js'
export { PrivateDatabaseError } from './errors.js'
