// Access tokens: EdDSA JWTs of fifteen minutes whose audience is the environment. Signed at login, verified by every gateway and subgraph.
import { createLocalJWKSet, errors, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose'
import { NotSignedIn, TokenExpired, WrongEnvironment } from './errors.js'
import { isRight, ROLES, type RightName, type Role, type SignedInAccount } from './rights.js'

export type Environment = 'production' | 'staging'

const ISSUER = 'segue'
/** Long enough for a working page between two refreshes, short enough that a disabled account is out soon. */
export const ACCESS_TOKEN_SECONDS = 15 * 60
/** Clocks of two machines differ by this much at most. */
const CLOCK_TOLERANCE_SECONDS = 5
/** Verified tokens that are remembered: checking a signature costs 0.1–0.2 ms, and a page sends the same token with every request. */
const REMEMBERED_TOKENS = 1000

/** Whom a token is to speak for. */
export type TokenAccount = Omit<SignedInAccount, 'expiresAt'>

/** Signs tokens. `seconds` is how long one is good for, fifteen minutes when left out; `now` (milliseconds) is for tests. */
export type TokenSigner = (account: TokenAccount, now?: number, seconds?: number) => Promise<string>

/** A signer for one environment; `privateJwk` must be an Ed25519 private key with a `kid`. */
export async function createTokenSigner(privateJwk: JWK, environment: Environment): Promise<TokenSigner> {
  const { kid } = privateJwk
  if (!kid) throw new Error('The private token key has no kid.')
  const key = await importJWK(privateJwk, 'EdDSA')
  return async (account, now = Date.now(), seconds = ACCESS_TOKEN_SECONDS) => {
    const { id, role, sessionId, personalData, scopes } = account
    const issued = Math.floor(now / 1000)
    return await new SignJWT({ role, sid: sessionId, pd: personalData, ...(scopes ? { scp: scopes } : {}) })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(environment)
      .setSubject(id)
      .setIssuedAt(issued)
      .setExpirationTime(issued + seconds)
      .sign(key)
  }
}

/**
 * Reads an `authorization` header: the account of a valid token, undefined when there is no header. Throws UNAUTHENTICATED for anything
 * else that is not a valid token of ours, TOKEN_EXPIRED and WRONG_ENVIRONMENT for valid ones that count no more or not here.
 */
export type TokenVerifier = (authorization: string | undefined) => Promise<SignedInAccount | undefined>

/** A verifier for one environment over the public keys of its tokens. */
export function createTokenVerifier(publicJwks: JSONWebKeySet, environment: Environment): TokenVerifier {
  const keys = createLocalJWKSet(publicJwks)
  const remembered = new Map<string, SignedInAccount>()

  const verify = async (token: string): Promise<SignedInAccount> => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: ISSUER,
      audience: environment,
      // Pinned: neither `none` nor a symmetric algorithm keyed with our public key passes.
      algorithms: ['EdDSA'],
      requiredClaims: ['sub', 'exp', 'sid'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    const { sub, exp, role, sid, pd, scp } = payload
    if (!sub || !exp || !isRole(role) || typeof sid !== 'string') throw NotSignedIn()
    return {
      id: sub,
      role,
      sessionId: sid,
      personalData: pd === true,
      ...(scp === undefined ? {} : { scopes: scopesOf(scp) }),
      expiresAt: exp * 1000,
    }
  }

  return async (authorization) => {
    if (!authorization) return undefined
    const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1]
    if (!token) throw NotSignedIn()
    const known = remembered.get(token)
    if (known && known.expiresAt > Date.now()) return known
    try {
      const verified = await verify(token)
      // The oldest goes first: a Map keeps the order of insertion.
      if (remembered.size >= REMEMBERED_TOKENS) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(token, verified)
      return verified
    } catch (error) {
      remembered.delete(token)
      if (error instanceof errors.JWTExpired) throw TokenExpired()
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
        throw WrongEnvironment({ environment })
      }
      throw NotSignedIn()
    }
  }
}

function isRole(role: unknown): role is Role {
  return ROLES.some((known) => known === role)
}

/** Scopes that this version does not know allow nothing. Anything but a list would else count as no limit at all. */
function scopesOf(claim: unknown): RightName[] {
  if (!Array.isArray(claim)) throw NotSignedIn()
  return claim.filter(isRight)
}
