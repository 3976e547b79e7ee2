// The file of the supergraph: read at the start, and again whenever another one lies there.
import type { Logger } from '@segue/service'
import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { readSupergraph, type Supergraph } from './supergraph.js'

/** Looked at by asking for its times, which also sees a file that was renamed into place and works on every file system. */
const LOOK_MS = 1000

/** Reads the supergraph. Throws when it is broken. */
export async function loadSupergraph(file: string, subgraphs: ReadonlySet<string>): Promise<Supergraph> {
  return readSupergraph(await readFile(file, 'utf8'), subgraphs)
}

/** Calls `use` with each new supergraph. One that is broken is logged, and the one before stays. Gives what ends it. */
export function watchSupergraph(
  file: string,
  subgraphs: ReadonlySet<string>,
  logger: Logger,
  use: (supergraph: Supergraph) => void,
): () => void {
  const changed = async (): Promise<void> => {
    try {
      use(await loadSupergraph(file, subgraphs))
      logger.info({ file }, 'A new supergraph is in use')
    } catch (error) {
      logger.error({ err: error, file }, 'The new supergraph is not usable; the one before stays in use')
    }
  }
  const listener = (): void => void changed()
  watchFile(file, { interval: LOOK_MS, persistent: false }, listener)
  return () => unwatchFile(file, listener)
}
