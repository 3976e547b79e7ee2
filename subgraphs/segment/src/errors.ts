// What a caller of this subgraph can do wrong.
import { userError } from '@segue/graphql'

export const SegmentNotFound = userError('SEGMENT_NOT_FOUND', 404, 'There is no segment {id}.')
export const SegmentNameTaken = userError(
  'SEGMENT_NAME_TAKEN',
  409,
  'A segment is called "{name}" already. Choose another name.',
)
export const StaleSegment = userError(
  'STALE_SEGMENT',
  409,
  'Somebody changed this segment since version {version}; the answer has it as it is now. Compare and save again.',
)
export const TooManyProfiles = userError('TOO_MANY_PROFILES', 400, 'At most {limit} profiles at once, not {count}.')
