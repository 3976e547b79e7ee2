// The write key of a local start's demo source.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arguments } from './arguments.js'

/** The source whose key a local start keeps. */
const SHOP = 'shop'

/** Out of the secrets that `npm start` keeps in `folder`; undefined for another source or collector, and where there is no local start. */
export async function localWriteKey(
  folder: string,
  { source, localEnvironment }: Pick<Arguments, 'source' | 'localEnvironment'>,
): Promise<string | undefined> {
  if (source !== SHOP || !localEnvironment) return undefined
  try {
    const secrets = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8')) as Partial<
      Record<string, { shopWriteKey?: string }>
    >
    return secrets[localEnvironment]?.shopWriteKey
  } catch {
    return undefined
  }
}
