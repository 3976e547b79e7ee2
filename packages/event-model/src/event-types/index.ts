// The event types every new database starts with. Data only: an interpreter in the pipeline reads it.
import type { EventType } from '../event-type.js'
import { DATA_EVENTS } from './data.js'
import { DISPATCH_EVENTS } from './dispatch.js'
import { ECOMMERCE_EVENTS } from './ecommerce.js'
import { FINANCE_EVENTS } from './finance.js'
import { IDENTITY_EVENTS } from './identity.js'
import { INTEREST_EVENTS } from './interests.js'
import { INTERNAL_EVENTS } from './internal.js'
import { LOYALTY_EVENTS } from './loyalty.js'
import { MARKETING_EVENTS } from './marketing.js'
import { MESSAGING_EVENTS } from './messaging.js'
import { PREFERENCE_EVENTS } from './preferences.js'
import { RETAIL_EVENTS } from './retail.js'
import { SATISFACTION_EVENTS } from './satisfaction.js'
import { SEGMENT_EVENTS } from './segment.js'
import { TRAFFIC_EVENTS } from './traffic.js'

/**
 * The known event types: those of the list we started from (66 entries, 65 types) and ours (groups `retail` and `segment`).
 *
 * What the list got wrong is put right beside the type, with a comment. For all of them: `order-delivered` stood in it twice, under
 * dispatch and ecommerce, and is here once; constants that were orders to a browser (`[local.storage:…]`) are left out, the others
 * are defaults that a stated property overwrites; journey stages that named code are the stage that it gives to a first visit;
 * what was copied to an event's free traits (`hit.query`) goes to its documents (`data.hit.query`).
 */
export const KNOWN_EVENT_TYPES: readonly EventType[] = [
  ...DATA_EVENTS,
  ...DISPATCH_EVENTS,
  ...ECOMMERCE_EVENTS,
  ...FINANCE_EVENTS,
  ...IDENTITY_EVENTS,
  ...INTEREST_EVENTS,
  ...INTERNAL_EVENTS,
  ...LOYALTY_EVENTS,
  ...MARKETING_EVENTS,
  ...MESSAGING_EVENTS,
  ...PREFERENCE_EVENTS,
  ...SATISFACTION_EVENTS,
  ...TRAFFIC_EVENTS,
  ...RETAIL_EVENTS,
  ...SEGMENT_EVENTS,
]
