// Compares a simulation with what its author expects, and says the differences in sentences.
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { readPath } from '../profile-draft.js'
import { moment, momentAt } from './script.js'
import type { SimulatedStep, Simulation } from './simulation.js'

export const expectationsSchema = z.array(
  z.union([
    /** A step of the tested workflow; steps are expected in their order, others may lie between. */
    z.strictObject({
      node: z.string(),
      /** The port it leaves through; null when the branch ends or waits in it. */
      port: z.string().nullable().optional(),
      at: moment.optional(),
    }),
    /** A node that no branch reaches. */
    z.strictObject({ never: z.string() }),
    z.strictObject({ state: z.enum(['completed', 'failed', 'waiting', 'exited']) }),
    /** The name of the exit through which the person leaves. */
    z.strictObject({ exit: z.string() }),
    /** Fields of the profile at the end, by their paths; null for none. */
    z.strictObject({ profile: z.record(z.string(), z.json()) }),
  ]),
)

export type Expectations = z.output<typeof expectationsSchema>
type ExpectedStep = Extract<Expectations[number], { node: string }>

/** The differences, each a sentence; empty when all is as expected. */
export function checkExpectations(simulation: Simulation, expected: Expectations): string[] {
  const steps = simulation.steps.filter(({ workflowId }) => workflowId === null)
  const differences: string[] = []
  let next = 0
  expected.forEach((expectation, index) => {
    if ('node' in expectation) {
      const found = steps.findIndex((step, at) => at >= next && fits(step, expectation, simulation))
      if (found >= 0) next = found + 1
      else differences.push(`${index + 1}. ${missing(steps, next, expectation, simulation)}`)
    } else {
      differences.push(...otherDifferences(simulation, steps, expectation).map((text) => `${index + 1}. ${text}`))
    }
  })
  return differences
}

function fits(step: SimulatedStep, { node, port, at }: ExpectedStep, { startedAt }: Simulation): boolean {
  return (
    step.nodeId === node &&
    (port === undefined || step.port === port) &&
    (at === undefined || step.at === momentAt(at, startedAt))
  )
}

/** Says what the node did instead. */
function missing(
  steps: readonly SimulatedStep[],
  next: number,
  expected: ExpectedStep,
  { startedAt }: Simulation,
): string {
  const wanted = [
    `Expected ${expected.node}`,
    expected.port === undefined
      ? ''
      : expected.port === null
        ? ' to end or wait there'
        : ` to leave by ${expected.port}`,
    expected.at === undefined ? '' : ` at ${expected.at}`,
  ].join('')
  const others = steps.filter(({ nodeId }) => nodeId === expected.node)
  if (others.length === 0) return `${wanted}; no branch reached it.`
  const told = others.map((step) => toldStep(step, startedAt)).join(', ')
  const early = others.every((step) => steps.indexOf(step) < next)
  return early ? `${wanted} after the steps before; it was earlier: ${told}.` : `${wanted}; it ${told}.`
}

function toldStep({ port, waits, at }: SimulatedStep, startedAt: number): string {
  const did = waits ? 'waited' : port === null ? 'ended' : `left by ${port}`
  return `${did} at ${durationText(at - startedAt)} (${new Date(at).toISOString()})`
}

function otherDifferences(
  simulation: Simulation,
  steps: readonly SimulatedStep[],
  expected: Exclude<Expectations[number], ExpectedStep>,
): string[] {
  if ('never' in expected) {
    const reached = steps.filter(({ nodeId }) => nodeId === expected.never)
    if (reached.length === 0) return []
    const told = reached.map((step) => toldStep(step, simulation.startedAt)).join(', ')
    return [`Expected no branch to reach ${expected.never}; one ${told}.`]
  }
  if ('state' in expected) {
    if (simulation.state === expected.state) return []
    const why = simulation.error ? ` (${simulation.error.nodeId}: ${simulation.error.code})` : ''
    return [`Expected the run to be ${expected.state}; it is ${simulation.state}${why}.`]
  }
  if ('exit' in expected) {
    if (simulation.exit?.name === expected.exit) return []
    const did = simulation.exit ? `left by ${simulation.exit.name}` : `is ${simulation.state}`
    return [`Expected the person to leave by ${expected.exit}; the run ${did}.`]
  }
  return Object.entries(expected.profile).flatMap(([path, value]) => {
    const found = readPath(simulation.profile, path.split('.')) ?? null
    if (isDeepStrictEqual(found, value)) return []
    return [`Expected ${path} to be ${JSON.stringify(value)}; it is ${JSON.stringify(found)}.`]
  })
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** A duration as scripts write it, such as 3d12h. */
function durationText(ms: number): string {
  let rest = ms
  const parts = UNITS.map(([unit, size]) => {
    const amount = Math.floor(rest / size)
    rest -= amount * size
    return amount > 0 ? `${amount}${unit}` : ''
  })
  return parts.join('') || '0s'
}
