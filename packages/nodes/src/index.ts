// The workflow nodes that come with Segue: the list of them, their catalogue, and each by name.
export { coreNodes, nodeCatalogue, type CatalogueEntry } from './catalogue.js'

export { end } from './flow/end.js'
export { ifCondition } from './flow/if.js'
export { start } from './flow/start.js'
export { logMessage } from './output/log.js'
export { respond } from './output/response.js'
export { appendValue } from './profile/append.js'
export { copyFields } from './profile/copy.js'
export { incrementField } from './profile/increment.js'
export { setFields } from './profile/set.js'
