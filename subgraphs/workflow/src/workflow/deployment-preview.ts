// What becomes of waiting runs when a draft is deployed.
import { Right } from '@segue/graphql'
import { graphSchema, type JsonObject } from '@segue/workflow-engine'
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { BadDraft } from '../errors.js'
import type { WaitingCount } from '../sql/waiting-counts.js'

/** What becomes of runs that wait in a node. */
export enum RunFate {
  stay = 'stay',
  follow = 'follow',
  mapped = 'mapped',
  gone = 'gone',
}
registerEnumType(RunFate, {
  name: 'WorkflowRunFate',
  description: 'What becomes of waiting runs.',
  valuesConfig: {
    stay: { description: 'They go on in the version they have.' },
    follow: { description: 'They go on in the new version, in the same node.' },
    mapped: { description: 'They go on in the new version, in the node that the settings’ `nodeMap` names.' },
    gone: { description: 'They end when they are woken: the new version lacks the node.' },
  },
})

@ObjectType('WorkflowDeploymentNode', { description: 'Runs that wait in a node, and what becomes of them.' })
export class DeploymentNodeNode {
  @Field(() => ID, { description: 'The node they wait in.' })
  nodeId!: string

  @Field(() => Int, { description: 'Their version.' })
  version!: number

  @Field(() => Int, { description: 'How many.' })
  count!: number

  @Field(() => RunFate, { description: 'What becomes of them.' })
  fate!: RunFate

  @Field(() => ID, { nullable: true, description: 'The node in which they go on; null when they end.' })
  target!: string | null
}

@Right('workflows.read')
@ObjectType('WorkflowDeploymentPreview', {
  description:
    'What becomes of waiting runs. One that waits in several nodes counts in each, and ends when one is gone.',
})
export class DeploymentPreviewNode {
  @Field(() => Int, { description: 'Those that go on in their own version.' })
  stay!: number

  @Field(() => Int, { description: 'Those that follow to the new version.' })
  follow!: number

  @Field(() => Int, { description: 'Those that follow, to another node.' })
  mapped!: number

  @Field(() => Int, { description: 'Those that end, because their node is gone.' })
  gone!: number

  @Field(() => [DeploymentNodeNode], { description: 'By node and version.' })
  nodes!: DeploymentNodeNode[]
}

/** As the engine's `moveRun` does it. Throws BAD_DRAFT. */
export function previewOf(graph: JsonObject, waiting: readonly WaitingCount[]): DeploymentPreviewNode {
  const parsed = graphSchema.safeParse(graph)
  if (!parsed.success) throw BadDraft({ problem: parsed.error.issues[0]?.message ?? '' }, ['id'])
  const { nodes, settings } = parsed.data
  const known = new Set(nodes.map(({ id }) => id))
  const sums = { stay: 0, follow: 0, mapped: 0, gone: 0 }
  const fates = waiting.map(({ nodeId, version, count }) => {
    const [fate, target] = fateOf(nodeId)
    sums[fate] += count
    return { nodeId, version, count, fate, target }
  })
  return Object.assign(new DeploymentPreviewNode(), { ...sums, nodes: fates })

  function fateOf(nodeId: string): [RunFate, string | null] {
    if (settings.versions === 'stay') return [RunFate.stay, nodeId]
    const mapped = Object.hasOwn(settings.nodeMap, nodeId) ? settings.nodeMap[nodeId] : undefined
    const target = mapped ?? nodeId
    if (!known.has(target)) return [RunFate.gone, null]
    return [mapped === undefined || mapped === nodeId ? RunFate.follow : RunFate.mapped, target]
  }
}
