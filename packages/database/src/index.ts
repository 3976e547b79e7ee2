// The one place that knows the tables: entities, schema migrations, accounts and connections.
import 'reflect-metadata'

export { connect, dataSource, type DatabaseOptions } from './connect.js'
export { migrate } from './migrate.js'
export { createAccounts, accountName, type AccountOptions } from './create-accounts.js'
export { TABLE_RIGHTS, type AccountKind } from './grants.js'
export { toBytes, toId, isId } from './identifier.js'
export { idsHoldingRows, resolveAliases, type Database } from './sql/resolve-aliases.js'
export { activityPages, type ActivityEntry, type ActivityRequest } from './sql/activity-pages.js'
export * from './entities/index.js'
