// Event types of ours that calls of the Segment HTTP API become; `track` carries its own event's name, `page` and `screen` are
// `page-view` and `screen-view`.
import { group } from './declare.js'

const tags = ['event:operational']

export const SEGMENT_EVENTS = group('segment', [
  {
    id: 'identify',
    name: 'Identify',
    description: 'Ties the person to a user id and states traits.',
    tags,
    journeyStage: 'consideration',
  },
  {
    id: 'alias',
    name: 'Alias',
    description: 'Says that two ids are one person.',
    tags,
    sample: { previousId: 'a1b2', userId: '17850' },
  },
  {
    id: 'group',
    name: 'Group',
    description: 'Says to which company, team or other group the person belongs.',
    tags,
    sample: { groupId: 'F-1', traits: { name: 'Engines Ltd', industry: 'manufacturing' } },
  },
])
