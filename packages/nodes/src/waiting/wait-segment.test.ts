import { describe, expect, it } from '@jest/globals'
import { NOW, problemsOf, runNode } from '../testing/run-node.js'
import { waitSegment } from './wait-segment.js'

const segmentId = '0199a000-0000-7000-8000-0000000000aa'
const config = { segmentId: segmentId.toUpperCase(), timeout: '1d' }

describe('Wait for segment', () => {
  it('waits until the profile enters it', () => {
    const outcome = runNode(waitSegment, config, { input: 1 })
    expect(outcome.wait).toMatchObject({ until: NOW + 86_400_000, awaits: { kind: 'segment', segmentId } })
    expect(outcome.wake({ kind: 'segment' })).toMatchObject({ port: 'entered', output: 1 })
    expect(outcome.wake({ kind: 'time' })).toMatchObject({ port: 'timeout', output: 1 })
  })

  it('goes on at once when the profile is in it', () => {
    expect(runNode(waitSegment, config, { profile: { segments: [segmentId] } }).port).toBe('entered')
  })

  it('refuses what is no segment', () => {
    expect(problemsOf(waitSegment, { ...config, segmentId: 'buyers' })).toMatchObject([{ path: 'segmentId' }])
  })
})
