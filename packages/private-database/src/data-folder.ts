// A data folder with the system tables in it. Creating one takes most of a second, so it is done once for each server
// version, kept as a template, and copied (0.07 s).
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '@segue/debian-packages'
import { PrivateDatabaseError, reasonOf } from './errors.js'
import type { ServerProgram } from './server-program.js'
import { folderArguments } from './settings.js'

/** Fills `dataFolder` unless it holds a database already. */
export async function ensureDataFolder(program: ServerProgram, cacheFolder: string, dataFolder: string): Promise<void> {
  if (existsSync(join(dataFolder, 'mysql'))) return
  try {
    const template = await ensureTemplate(program, cacheFolder)
    // Copied beside and renamed: a start that is killed here must not leave half a data folder that looks like a whole.
    const copy = `${dataFolder}.copying`
    await rm(copy, { recursive: true, force: true })
    await rm(dataFolder, { recursive: true, force: true })
    await cp(template, copy, { recursive: true })
    await rename(copy, dataFolder)
  } catch (error) {
    throw new PrivateDatabaseError('BOOTSTRAP_FAILED', { folder: dataFolder, reason: reasonOf(error) })
  }
}

async function ensureTemplate(program: ServerProgram, cacheFolder: string): Promise<string> {
  const template = join(cacheFolder, `template-${program.kind}-${program.version}`)
  if (existsSync(template)) return template
  await mkdir(cacheFolder, { recursive: true })
  const work = await mkdtemp(join(cacheFolder, 'bootstrapping-'))
  try {
    await (program.kind === 'mariadb' ? bootstrapMariaDb(program, work) : initializeMySql(program, work))
    await rename(work, template).catch((error: unknown) => {
      // Another process was faster; its template is as good.
      if (!existsSync(template)) throw error
    })
    return template
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function bootstrapMariaDb(program: ServerProgram, dataFolder: string): Promise<void> {
  const share = program.shareFolder ?? ''
  const scripts = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']
  const texts = await Promise.all(scripts.map((name) => readFile(join(share, name), 'utf8')))
  // auth_root_socket=NULL: root gets no socket login bound to a system user. The bootstrap reads one statement a line.
  const head = 'create database if not exists mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n'
  const args = [
    '--bootstrap',
    '--silent-startup',
    '--log-warnings=0',
    '--enforce-storage-engine=',
    '--max-allowed-packet=8M',
  ]
  await runCommand(program.path, [...folderArguments(program, dataFolder), ...args, '--innodb-log-file-size=16M'], {
    env: program.env,
    input: head + texts.join('\n'),
  })
}

async function initializeMySql(program: ServerProgram, dataFolder: string): Promise<void> {
  await runCommand(program.path, [...folderArguments(program, dataFolder), '--initialize-insecure'], {
    env: program.env,
  })
}
