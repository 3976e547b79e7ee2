// Prints a new pair of keys for access tokens as the variables that hold them: the first step of changing keys, see docs/operations/token-keys.md.
import { generateTokenKeys, tokenPublicKeys } from '@segue/graphql'
import type { JSONWebKeySet } from 'jose'

/** The variables with a new private key, and the public keys of now beside the new one. `current` is the JWKS of now, if there is one. */
export async function newTokenKey(
  current: string | undefined,
): Promise<{ SEGUE_TOKEN_PRIVATE_KEY: string; SEGUE_TOKEN_PUBLIC_KEYS: string }> {
  const { privateJwk, publicJwks } = await generateTokenKeys()
  const { keys } = current ? (tokenPublicKeys.parse(current) as JSONWebKeySet) : { keys: [] }
  return {
    SEGUE_TOKEN_PRIVATE_KEY: JSON.stringify(privateJwk),
    SEGUE_TOKEN_PUBLIC_KEYS: JSON.stringify({ keys: [...keys, ...publicJwks.keys] }),
  }
}
