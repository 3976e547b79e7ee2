// What the platform subgraph reads from the environment.
import { json, readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'
import { ConfigError } from '@segue/service'
import type { JWK } from 'jose'
import { z } from 'zod'

export interface PlatformConfig extends SubgraphConfig {
  /** Signs access tokens. */
  tokenPrivateKey: JWK
}

export function readPlatformConfig(environment: NodeJS.ProcessEnv): PlatformConfig {
  const { extra, ...shared } = readSubgraphConfig('platform', environment, {
    SEGUE_TOKEN_PRIVATE_KEY: json(
      z.looseObject({ kty: z.literal('OKP'), kid: z.string(), d: z.string() }),
      'must be an Ed25519 private key as JWK with a kid',
    ).describe('The private key that signs access tokens, as JWK JSON'),
  })
  const tokenPrivateKey = extra.SEGUE_TOKEN_PRIVATE_KEY as JWK & { kid: string }
  if (!shared.tokenPublicKeys.keys.some(({ kid }) => kid === tokenPrivateKey.kid)) {
    throw new ConfigError([
      `SEGUE_TOKEN_PRIVATE_KEY: its public half (kid ${tokenPrivateKey.kid}) is not in SEGUE_TOKEN_PUBLIC_KEYS, so nobody would take its tokens`,
    ])
  }
  return { ...shared, tokenPrivateKey }
}
