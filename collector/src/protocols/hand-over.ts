// A visitor whom a link of another site hands over: `?__tr_pid={profile}` in the address of the page.
import type { EnvelopeContext } from '@segue/event-model'
import type { HandOver } from '../submission.js'

/** What the page's address and its referrer say; undefined when nobody is handed over. */
export function handOverOf({ page }: EnvelopeContext): HandOver | undefined {
  const url = page?.['url']
  if (typeof url !== 'string' || !url.includes('__tr_pid=') || !URL.canParse(url)) return undefined
  const profileId = new URL(url).searchParams.get('__tr_pid')
  const referer = page?.['referer']
  if (!profileId || typeof referer !== 'object' || referer === null || Array.isArray(referer)) return undefined
  const from = referer['host']
  return typeof from === 'string' ? { profileId, from: from.toLowerCase() } : undefined
}
