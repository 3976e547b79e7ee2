// Operations that are registered beforehand, found by the SHA-256 of their document: clients send 64 digits instead of it.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { BadRequest, NoPersistedQueries, OnlyPersistedQueries, UnknownPersistedQuery } from './errors.js'
import type { GraphqlRequest } from './body.js'

/** The format of `@apollo/generate-persisted-query-manifest`, of which the documents count. */
const manifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string(), body: z.string() })),
})

export interface RegisteredOperations {
  /**
   * The document of a request. `free`: the sender may ask what it likes (API keys). Throws PERSISTED_QUERY_NOT_FOUND, PERSISTED_QUERY_NOT_SUPPORTED,
   * PERSISTED_QUERY_REQUIRED, or BAD_REQUEST for a document that has not the hash it comes with.
   */
  documentOf(request: GraphqlRequest, free: boolean): string
}

/** Reads a manifest. Without a file there are none. `only`: others are refused. Throws when the file is broken or a document has another hash. */
export async function readRegisteredOperations(file: string | undefined, only: boolean): Promise<RegisteredOperations> {
  const documents = file === undefined ? undefined : documentsOf(await readFile(file, 'utf8'), file)
  return {
    documentOf({ query, persisted }, free) {
      if (persisted !== undefined) {
        const document = documents?.get(persisted)
        if (document !== undefined) return document
        if (query === undefined) throw documents ? UnknownPersistedQuery() : NoPersistedQueries()
        if (hashOf(query) !== persisted)
          throw BadRequest({ problem: 'The document has not the hash that came with it.' })
      }
      const document = query ?? ''
      if (only && !free && !documents?.has(hashOf(document))) throw OnlyPersistedQueries()
      return document
    },
  }
}

function documentsOf(text: string, file: string): Map<string, string> {
  const documents = new Map<string, string>()
  for (const { id, body } of manifest.parse(JSON.parse(text)).operations) {
    if (hashOf(body) !== id.toLowerCase())
      throw new Error(`${file}: the operation ${id} is not the SHA-256 of its document.`)
    documents.set(id.toLowerCase(), body)
  }
  return documents
}

function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex')
}
