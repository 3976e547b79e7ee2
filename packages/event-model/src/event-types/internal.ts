// Known event types that a tracker or Segue itself sends about visits and profiles.
import { group } from './declare.js'

const tags = ['event:system']

export const INTERNAL_EVENTS = group('internal', [
  {
    id: 'session-opened',
    name: 'Session Opened',
    description: 'A session began.',
    tags,
    journeyStage: 'awareness',
  },
  { id: 'visit-started', name: 'Visit Started', description: 'A visit began.', tags },
  { id: 'visit-ended', name: 'Visit Ended', description: 'A visit ended.', tags },
  {
    id: 'profile-created',
    name: 'Profile Created',
    description: 'A profile came to be.',
    tags,
    journeyStage: 'awareness',
  },
  {
    id: 'profile-inactive',
    name: 'Profile Inactive',
    description: 'Nothing was heard of the person for long.',
    tags,
    sample: { reason: 'no visit in 90 days' },
  },
  { id: 'profile-archived', name: 'Profile Archived', description: 'The profile was put away.', tags },
])
