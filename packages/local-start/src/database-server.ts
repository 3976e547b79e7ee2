// The database server of a local start: the one that was named, or a private one.
import { startPrivateDatabase } from '@segue/private-database'
import { createConnection } from 'mysql2/promise'
import { allPorts, ENVIRONMENTS, type LocalConfig } from './config.js'
import type { Folders } from './folders.js'

/** A server that is up. */
export interface DatabaseServer {
  /** An account that may create databases and accounts; no database name, no slash at the end. */
  adminUrl: string
  /** Process id of a private server. */
  pid(): number | undefined
  close(): Promise<void>
}

/** The server that the configuration names, or a private one under `.segue/`, kept alive. */
export async function provideServer(
  { mysqlUrl, ports }: LocalConfig,
  folders: Folders,
  say: (line: string) => void,
): Promise<DatabaseServer> {
  if (mysqlUrl !== undefined) {
    await checkServer(mysqlUrl)
    return { adminUrl: mysqlUrl.replace(/\/$/, ''), pid: () => undefined, close: async () => {} }
  }
  const database = await startPrivateDatabase({
    folder: folders.database,
    cacheFolder: folders.serverCache,
    port: 0,
    avoidPorts: ENVIRONMENTS.flatMap((name) => allPorts(ports[name])).map(({ port }) => port),
    durability: 'full',
    bufferPoolMb: 256,
    redoLogMb: 256,
    supervised: true,
    say,
  })
  return { adminUrl: database.adminUrl, pid: () => database.pid, close: () => database.close() }
}

async function checkServer(url: string): Promise<void> {
  try {
    const connection = await createConnection({ uri: url, connectTimeout: 5_000 })
    await connection.end()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`The database that SEGUE_MYSQL_URL names cannot be used: ${message || code}`, { cause: error })
  }
}
