// Answers: JSON, compressed when it is worth it and the client asks for it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Below, the bytes saved are fewer than what it takes to pack and unpack them. */
const WORTH_BYTES = 4096
/** Of eleven: as fast as gzip and smaller; above five each step doubles the time. */
const BROTLI_QUALITY = 4

const toBrotli = promisify(brotliCompress)
const toGzip = promisify(gzip)

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends `text`. Resolves when it is handed to the connection. */
export async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  text: string,
): Promise<void> {
  const large = text.length >= WORTH_BYTES
  const encoding = large ? encodingOf(request.headers['accept-encoding']) : undefined
  if (large) headers['vary'] = 'accept-encoding'
  if (encoding === undefined) {
    headers['content-length'] = Buffer.byteLength(text)
    response.writeHead(status, headers).end(text)
    return
  }
  const packed =
    encoding === 'br'
      ? await toBrotli(text, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })
      : await toGzip(text)
  headers['content-encoding'] = encoding
  headers['content-length'] = packed.length
  response.writeHead(status, headers).end(packed)
}

/** The best of what the client takes; a weight of 0 says that it does not. */
function encodingOf(accepted: string | string[] | undefined): 'br' | 'gzip' | undefined {
  const taken = new Set(
    String(accepted ?? '')
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => !/;\s*q=0(\.0*)?$/.test(entry))
      .map((entry) => entry.split(';')[0]?.trim()),
  )
  return taken.has('br') ? 'br' : taken.has('gzip') ? 'gzip' : undefined
}
