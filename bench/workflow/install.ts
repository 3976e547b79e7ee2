// Installs a peer beside the workspace when a bench first asks for it, and again when its version changed.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../stand/database.js'

export interface Peer {
  /** Its folder below bench/peers. */
  folder: string
  package: string
  version: string
  /** What its dependencies are replaced by. */
  overrides?: Record<string, string>
  /** Packages whose own install scripts are run: they compile or fetch what is native. Nobody else's are. */
  native?: string[]
}

/** Returns the folder it is installed in. Throws when it cannot be installed here. */
export function installPeer({ folder: name, package: wanted, version, overrides = {}, native = [] }: Peer): string {
  const folder = join(root, 'bench/peers', name)
  const done = join(folder, 'installed.json')
  const manifest = JSON.stringify({ private: true, dependencies: { [wanted]: version }, overrides })
  if (existsSync(done) && readFileSync(done, 'utf8') === manifest) return folder
  console.log(`installing ${wanted} ${version} below bench/peers, once ...`)
  mkdirSync(folder, { recursive: true })
  rmSync(done, { force: true })
  writeFileSync(join(folder, 'package.json'), manifest)
  const npm = (...args: string[]): void => {
    execFileSync('npm', [...args, '--workspaces=false', '--loglevel=error'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...nodeHeaders() },
    })
  }
  npm('install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps')
  if (native.length > 0) npm('rebuild', ...native)
  writeFileSync(done, manifest)
  return folder
}

/** Where Node's own headers are installed, what has no built binary within reach is compiled against them. */
function nodeHeaders(): Record<string, string> {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {}
}
