// Keys that sign and verify access tokens: Ed25519, as JWK; several public ones may overlap while keys rotate.
import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from 'jose'
import { randomUUID } from 'node:crypto'

export interface TokenKeys {
  /** Signs; for the platform subgraph only. Its `kid` is in `publicJwks`. */
  privateJwk: JWK
  /** Verifies; for every gateway and subgraph. */
  publicJwks: JSONWebKeySet
}

/** A new pair. */
export async function generateTokenKeys(): Promise<TokenKeys> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const names = { kid: randomUUID(), alg: 'EdDSA', use: 'sig' }
  return {
    privateJwk: { ...(await exportJWK(privateKey)), ...names },
    publicJwks: { keys: [{ ...(await exportJWK(publicKey)), ...names }] },
  }
}
