// The command line of a server: where its folders are, and how it behaves.
import { dirname, join } from 'node:path'
import type { ServerProgram } from './server-program.js'

/** How a server is set up; sizes in MiB. */
export interface ServerSettings {
  port: number
  durability: 'full' | 'relaxed'
  bufferPoolMb: number
  redoLogMb: number
}

/** Arguments that every run needs, also the one that creates the data folder. */
export function folderArguments(program: ServerProgram, dataFolder: string): string[] {
  const args = ['--no-defaults', `--datadir=${dataFolder}`]
  if (process.getuid?.() === 0) args.push('--user=root')
  if (program.shareFolder && program.env['LD_LIBRARY_PATH']) {
    // An unpacked server looks for its files where the package would have installed them, unless told.
    const base = dirname(dirname(program.shareFolder))
    args.push(`--basedir=${base}`, `--lc-messages-dir=${program.shareFolder}`)
    args.push(`--character-sets-dir=${join(program.shareFolder, 'charsets')}`)
    args.push(`--plugin-dir=${join(base, 'lib/mysql/plugin')}`)
  }
  return args
}

/** Arguments of a server that serves. */
export function serverArguments(program: ServerProgram, settings: ServerSettings): string[] {
  const relaxed = settings.durability === 'relaxed'
  const redoLogSize = `${settings.redoLogMb}M`
  return [
    '--bind-address=127.0.0.1',
    `--port=${settings.port}`,
    '--skip-name-resolve',
    '--max-connections=200',
    '--max-allowed-packet=64M',
    '--local-infile=0',
    '--character-set-server=utf8mb4',
    '--transaction-isolation=READ-COMMITTED',
    // Costs memory at every connection and nothing here reads it.
    '--performance-schema=OFF',
    `--innodb-buffer-pool-size=${settings.bufferPoolMb}M`,
    // Full: a commit is on disk before it is answered. Relaxed: written once a second; a crash may lose that second.
    `--innodb-flush-log-at-trx-commit=${relaxed ? 0 : 1}`,
    ...(relaxed ? ['--skip-innodb-doublewrite'] : []),
    ...(program.kind === 'mariadb'
      ? [`--innodb-log-file-size=${redoLogSize}`]
      : [`--innodb-redo-log-capacity=${redoLogSize}`, '--skip-log-bin', '--mysqlx=OFF']),
  ]
}
