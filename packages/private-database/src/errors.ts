// Everything that can go wrong here, in one table: a code and what to do about it.

const messages = {
  NO_SERVER:
    'No database server was found and none can be unpacked on this system ({system}). Install MariaDB 10.6 or newer ' +
    '(for example: {install}), or set SEGUE_MYSQL_URL to a server that you have.',
  DOWNLOAD_FAILED:
    'MariaDB could not be downloaded from the Debian package servers: {reason}. Check the network and the disk, ' +
    'install MariaDB 10.6 or newer yourself, or set SEGUE_MYSQL_URL to a server that you have.',
  UNUSABLE_SERVER: 'The database server {path} does not run here: {reason}. Delete {folder} and try again.',
  BOOTSTRAP_FAILED: 'The data folder {folder} could not be created: {reason}. Check that the disk is not full.',
  ALREADY_RUNNING: 'A database server (process {pid}) already runs on {folder}. End it, or use another folder.',
  PORT_TAKEN:
    'Port {port} on 127.0.0.1 is taken, so the private database cannot use it. Free it or choose another port.',
  START_FAILED: 'The private database did not start: {reason}. Its log is {log}.',
} as const

/** A failure to provide the private database; the message says what happened and what to do. */
export class PrivateDatabaseError extends Error {
  override readonly name = 'PrivateDatabaseError'

  constructor(
    /** Stable code out of the table above. */
    readonly code: keyof typeof messages,
    values: Record<string, string | number>,
  ) {
    super(messages[code].replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? '')))
  }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
