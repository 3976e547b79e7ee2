// Where a local start keeps its things: all below one folder, so that deleting that folder forgets everything.
import { join, resolve } from 'node:path'

const project = join(import.meta.dirname, '../../..')

/** The file that the processes of a local start are started from; `bundle.ts` makes it. */
export const CHILD_SCRIPT = join(import.meta.dirname, 'bundle/child.js')

export interface Folders {
  /** The unpacked database server, shared with the tests. */
  serverCache: string
  /** The private database of `npm start`. */
  database: string
  logs: string
  secretsFile: string
  runningFile: string
}

/** `SEGUE_FOLDER` puts data, logs and secrets elsewhere, for a larger disk or a second house; default `.segue`. */
export function localFolders(environment: NodeJS.ProcessEnv): Folders {
  const folder = resolve(project, environment['SEGUE_FOLDER'] || '.segue')
  return {
    serverCache: join(project, '.segue/mariadb'),
    database: join(folder, 'database'),
    logs: join(folder, 'logs'),
    secretsFile: join(folder, 'secrets.json'),
    runningFile: join(folder, 'running.json'),
  }
}
