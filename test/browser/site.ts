// A small web server for pages of tests; with the browser's own resolver, its pages can be those of any domain.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript' }

/** A running site. */
export interface Site {
  /** `http://{domain}:{port}`: this site as a page of that domain. */
  origin(domain: string): string
  close(): Promise<void>
}

/** Serves files: `files` has the path of each by the path it is asked for at. */
export async function startSite(files: Record<string, string>): Promise<Site> {
  const server = createServer(async (request, response) => {
    const asked = new URL(request.url ?? '/', 'http://site').pathname
    const file = files[asked]
    if (file === undefined) return void response.writeHead(404).end()
    const type = TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(await readFile(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: (domain) => `http://${domain}:${port}`,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
