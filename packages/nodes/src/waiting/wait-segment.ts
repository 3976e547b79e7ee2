// Waits until the profile enters a segment.
import { z } from 'zod'
import { parsePath } from '@segue/workflow-engine'
import { defineNode, duration, park, port, reference } from '../kit/index.js'

const SEGMENTS = parsePath('segments')

export const waitSegment = defineNode({
  type: 'wait.segment',
  title: 'Wait for segment',
  group: 'Waiting',
  help: 'Goes on at "entered" when the profile enters the segment, at once when it is in it, or at "timeout".',
  config: z.strictObject({ segmentId: reference('segment'), timeout: duration().meta({ title: 'At most' }) }),
  ports: ['entered', 'timeout'],
  waits: true,

  run({ config, input, now, profile }) {
    const segments = typeof SEGMENTS === 'string' ? undefined : profile.read(SEGMENTS)
    if (Array.isArray(segments) && segments.includes(config.segmentId)) return port('entered', input)
    return park({ until: now + config.timeout, awaits: { kind: 'segment', segmentId: config.segmentId } })
  },

  wake({ cause, input }) {
    return port(cause.kind === 'segment' ? 'entered' : 'timeout', input)
  },
})
