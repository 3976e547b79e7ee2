import { describe, expect, it, test } from '@jest/globals'
import { NOW, problemsOf, runNode } from '../testing/run-node.js'
import { waitDuration } from './wait-duration.js'

const DAY = 86_400_000

describe('Wait', () => {
  it('waits for the duration, then hands on what it got', () => {
    const outcome = runNode(waitDuration, { duration: '3d' }, { input: { a: 1 } })
    expect(outcome.result.state).toBe('waiting')
    expect(outcome.wait).toMatchObject({ nodeId: 'tested', until: NOW + 3 * DAY, awaits: { kind: 'time' } })
    expect(outcome.wake({ kind: 'time' }, { now: NOW + 3 * DAY })).toMatchObject({ port: 'done', output: { a: 1 } })
  })

  test.each([
    ['1h30m', 5_400_000],
    [{ expr: 'event.properties.hours * 3600' }, 7_200_000],
    [{ expr: 'duration("1h")' }, 3_600_000],
    [{ expr: 'event.properties.text' }, 2 * DAY],
    [{ expr: '0.25' }, 250],
  ])('takes %j', (duration, ms) => {
    const outcome = runNode(waitDuration, { duration }, { properties: { hours: 2, text: '2d' } })
    expect(outcome.wait?.until).toBe(NOW + ms)
  })

  it('goes on at once when nothing is left to wait', () => {
    expect(runNode(waitDuration, { duration: { expr: '-5' } }).port).toBe('done')
    expect(runNode(waitDuration, { duration: { expr: 'now - now' } }).port).toBe('done')
  })

  test.each(['event.properties.missing', '"soon"', '[1]', '1e15', '"999999999d"'])(
    'goes on at error for %s',
    (expr) => {
      const { port, output } = runNode(waitDuration, { duration: { expr } })
      expect([port, output]).toMatchObject(['error', { code: 'NOT_A_DURATION' }])
    },
  )

  test.each(['', '3', '0s', '-3d', '3 days', '99999d', '1d'.repeat(200), { expr: 'x' }, { seconds: 3 }, 3])(
    'refuses %.20j when the workflow is saved',
    (duration) => {
      expect(problemsOf(waitDuration, { duration })[0]).toMatchObject({ code: 'BAD_CONFIG' })
    },
  )
})
