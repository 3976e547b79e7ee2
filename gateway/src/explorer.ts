// GET /: GraphiQL for whoever signs in. All of it is served from here, and nothing on the page may load or ask anything elsewhere.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { respond } from './respond.js'

/** Sends the file that `path` names; false when it names none. */
export type Explorer = (path: string, request: IncomingMessage, response: ServerResponse) => Promise<boolean>

/**
 * Scripts and requests to this server only, and no form or frame of anybody. Styles may stand in the page because the editor writes the places of its lines
 * that way; they can show nothing that is not there.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

export function createExplorer(): Explorer {
  const require = createRequire(import.meta.url)
  const own = (name: string): string => fileURLToPath(new URL(`../explorer/${name}`, import.meta.url))
  const packaged = (name: string, file: string): string => join(dirname(require.resolve(`${name}/package.json`)), file)
  const files: Readonly<Record<string, { file: () => string; type: string }>> = {
    '/': { file: () => own('index.html'), type: 'text/html; charset=utf-8' },
    '/explorer/explorer.js': { file: () => own('explorer.js'), type: SCRIPT },
    '/explorer/explorer.css': { file: () => own('explorer.css'), type: STYLE },
    '/explorer/react.js': { file: () => packaged('react', 'umd/react.production.min.js'), type: SCRIPT },
    '/explorer/react-dom.js': { file: () => packaged('react-dom', 'umd/react-dom.production.min.js'), type: SCRIPT },
    '/explorer/graphiql.js': { file: () => packaged('graphiql', 'graphiql.min.js'), type: SCRIPT },
    '/explorer/graphql-ws.js': { file: () => packaged('graphql-ws', 'umd/graphql-ws.min.js'), type: SCRIPT },
    '/explorer/graphiql.css': { file: () => packaged('graphiql', 'graphiql.min.css'), type: STYLE },
  }
  return async (path, request, response) => {
    const known = Object.hasOwn(files, path) ? files[path] : undefined
    if (!known) return false
    const headers = {
      'content-type': known.type,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': path === '/' ? 'no-cache' : 'max-age=3600',
    }
    await respond(request, response, 200, headers, await readFile(known.file(), 'utf8'))
    return true
  }
}
