// Passwords and keys of a local start: made once, kept in `.segue/secrets.json` for the owner's eyes only.
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { EnvironmentName } from './config.js'

const jwk = z.record(z.string(), z.string())

const environmentSecrets = z.object({
  /** Password of each kind of process at the database. */
  databasePasswords: z.record(z.string(), z.string()),
  /** Ed25519 as JWK: signs access tokens. */
  tokenPrivateKey: jwk,
  /** Its public half, which verifies them. */
  tokenPublicKey: jwk,
  /** Hex, 32 bytes: the check in profile ids that the collector minted. */
  profileIdKey: z.string(),
  /** Hex, 32 bytes: the gateway signs its requests to subgraphs. Made also for houses that began without. */
  gatewayKey: z.string().default(() => randomBytes(32).toString('hex')),
  /** Hex, 32 bytes: encrypts credentials of resources. Made also for houses that began without. */
  resourceKey: z.string().default(() => randomBytes(32).toString('hex')),
  /** Of the demo accounts, shown at every start. */
  demoPassword: z.string(),
  /** Of the demo source `app`. */
  appWriteKey: z.string(),
  /** Of the demo source `shop`; `npm run replay` reads it here. Made also for houses whose shop began without: a key too many does no harm. */
  shopWriteKey: z.string().default(() => randomBytes(16).toString('hex')),
})
export type EnvironmentSecrets = z.infer<typeof environmentSecrets>

const secretsFile = z.object({ production: environmentSecrets, staging: environmentSecrets })

/** Reads the secrets, making what is missing. Nothing is shared between the environments. */
export async function loadSecrets(
  file: string,
  accountKinds: readonly string[],
): Promise<Record<EnvironmentName, EnvironmentSecrets>> {
  const kept = await readSecrets(file)
  const secrets = {
    production: complete(kept?.production, accountKinds),
    staging: complete(kept?.staging, accountKinds),
  }
  await mkdir(dirname(file), { recursive: true })
  // Renamed into place: a start that is killed here must not leave half a file.
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  return secrets
}

async function readSecrets(file: string): Promise<z.infer<typeof secretsFile> | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return secretsFile.parse(JSON.parse(text))
  } catch {
    // Making new ones would lock everybody out of what the old ones signed and checked; the owner decides.
    throw new Error(`${file} is damaged. Restore it, or delete it to get new passwords and keys.`)
  }
}

function complete(kept: EnvironmentSecrets | undefined, accountKinds: readonly string[]): EnvironmentSecrets {
  const passwords = accountKinds.map((kind) => [kind, kept?.databasePasswords[kind] ?? randomBytes(18).toString('hex')])
  return { ...(kept ?? newKeys()), databasePasswords: Object.fromEntries(passwords) as Record<string, string> }
}

function newKeys(): Omit<EnvironmentSecrets, 'databasePasswords'> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const names = { kid: randomUUID(), alg: 'EdDSA', use: 'sig' }
  return {
    tokenPrivateKey: jwk.parse({ ...privateKey.export({ format: 'jwk' }), ...names }),
    tokenPublicKey: jwk.parse({ ...publicKey.export({ format: 'jwk' }), ...names }),
    profileIdKey: randomBytes(32).toString('hex'),
    gatewayKey: randomBytes(32).toString('hex'),
    resourceKey: randomBytes(32).toString('hex'),
    demoPassword: randomBytes(9).toString('base64url'),
    appWriteKey: randomBytes(16).toString('hex'),
    shopWriteKey: randomBytes(16).toString('hex'),
  }
}
