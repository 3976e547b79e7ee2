// The peers, installed beside the workspace when the bench first asks for them.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../stand/database.js'

export const PEERS = { agenda: '6.2.6', '@agendajs/postgres-backend': '3.0.6', 'graphile-worker': '0.17.3' } as const

/** Installs them unless they are there; returns their folder. */
export function installPeers(): string {
  const folder = join(root, 'bench/peers/agenda')
  const isThere = Object.entries(PEERS).every(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json')
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version
  })
  if (isThere) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: PEERS }))
  execFileSync('npm', ['install', '--workspaces=false', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  return folder
}
