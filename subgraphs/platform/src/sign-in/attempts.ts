// Slows down guessing: failed attempts at a password are counted for a while, in the database, so over all processes and restarts.
import type { Database } from '@segue/database'
import { createHash } from 'node:crypto'
import { TooManyAttempts } from '../errors.js'
import { beginCounts, countAttempt, forgetAttempts, secondsOfCount, uncountAttempt } from '../sql/attempts.js'
import { networkOf } from './network-of.js'

/** A failure counts this long. */
const WINDOW_SECONDS = 10 * 60
/**
 * Failures in the window after which no more is tried: of an e-mail address from one network (somebody who forgot), and of a network whatever it
 * tries (a whole office behind one address, or one attacker over many accounts). There is none for an account from anywhere: anybody could lock its
 * owner out with it. Who guesses from a thousand networks has 20,000 tries in ten minutes against passwords of twelve characters and more.
 */
const LIMITS = { emailFromNetwork: 20, network: 60 }

export interface Attempt {
  /** Takes it back, and forgets the earlier failures with this e-mail address from here. */
  succeeded(): Promise<void>
}

export interface Attempts {
  /**
   * Begins to try a password. It counts as failed until it has succeeded: many at once cannot all be tried before the first one has failed. Throws
   * TOO_MANY_ATTEMPTS, whether there is such an account or not.
   */
  begin(email: string, address: string): Promise<Attempt>
}

/** `database` must not be in a transaction: what is counted stays counted, and nobody waits at a count for another's password to be checked. */
export function createAttempts(database: Database): Attempts {
  return {
    async begin(email, address) {
      const network = networkOf(address)
      const own = subjectOf(`email ${email} from ${network}`)
      const shared = subjectOf(`network ${network}`)
      await beginCounts(database, [own, shared], WINDOW_SECONDS)
      if (!(await countAttempt(database, own, LIMITS.emailFromNetwork))) throw await refusal(database, own)
      // Whom the first limit stops is not counted here: one colleague who keeps trying would stop the office.
      if (!(await countAttempt(database, shared, LIMITS.network))) {
        await uncountAttempt(database, own)
        throw await refusal(database, shared)
      }
      return {
        async succeeded() {
          await forgetAttempts(database, own)
          await uncountAttempt(database, shared)
        },
      }
    },
  }
}

async function refusal(database: Database, subject: Buffer): Promise<Error> {
  return TooManyAttempts({ minutes: Math.max(1, Math.ceil((await secondsOfCount(database, subject)) / 60)) })
}

function subjectOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
