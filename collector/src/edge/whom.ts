// Which profile id an event carries and which one its client is answered.
import { isId } from '@segue/database'
import type { ProfileIds } from '@segue/event-model'
import { Refusal } from '../errors.js'
import type { HandOver, Submission } from '../submission.js'
import type { Source } from './catalogue.js'

/** Profile ids for the envelopes of a request. */
export interface Whom {
  /** Stated and accepted, or minted and answered. */
  profileId?: string
  /** What the client is answered and keeps. */
  answer: string | null
  /** Whether an event whose identities name nobody yet begins a new profile. */
  begins: boolean
}

/**
 * An id that was not minted here counts only from a trusted source; anybody else gets a new one, so nobody takes over a profile by guessing. A client
 * that keeps what it is answered gets an id at once, before it is known who it is.
 */
export function whom({ person, events }: Submission, source: Source, ids: ProfileIds): Whom {
  if (person.kind === 'nobody') return { answer: null, begins: false }
  if (person.profileId !== null) {
    if (ids.isMinted(person.profileId) || (source.trusted && isId(person.profileId)))
      // Somebody else may be using the browser now: whoever the identities name then begins on an id of their own.
      return { profileId: person.profileId.toLowerCase(), answer: person.profileId, begins: true }
    if (source.trusted) throw new Refusal('SHAPE_INVALID', { path: 'profile.id', problem: 'must be a UUID' })
  }
  if (person.kind === 'silent') return { answer: null, begins: true }
  if (person.handOver && accepts(source, person.handOver, ids))
    return { profileId: person.handOver.profileId.toLowerCase(), answer: person.handOver.profileId, begins: true }
  // A server knows its customers by identities and keeps no id of ours; without any, its event is about nobody.
  const identified = events.some((event) => event.identities.length > 0)
  if (source.trusted && (identified || !person.hasSession)) return { answer: null, begins: identified }
  const minted = ids.mint()
  return { profileId: minted, answer: minted, begins: false }
}

/**
 * A link counts only when it stands on a page of the source's own origins and carries an id that was given out here: else anybody could send
 * visitors to the site as one profile of his, and then be all of them.
 */
function accepts({ origins, trusted }: Source, { profileId, from }: HandOver, ids: ProfileIds): boolean {
  if (origins === null || trusted) return false
  return [...origins].some((origin) => hostOf(origin) === from) && ids.isMinted(profileId)
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
