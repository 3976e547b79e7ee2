// Test runs and replays. They change nothing, so no audit has them; they are mutations because one follows the other, and each costs.
import { Workflow, WorkflowRun, WorkflowTrigger, WorkflowVersion } from '@segue/database'
import {
  asPayload,
  GraphQLJSON,
  GraphQLJSONObject,
  MutationInput,
  MutationPayload,
  readId,
  Right,
  Secret,
} from '@segue/graphql'
import {
  deliveryAnswerSchema,
  momentAt,
  scriptSchema,
  type DeliveryAnswer,
  type JsonObject,
  type JsonValue,
  type Script,
  type SimulatedEvent,
} from '@segue/workflow-engine'
import { Length } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import {
  BadTestRun,
  EventNotFound,
  ProfileNotFound,
  RunNotFound,
  VersionNotFound,
  WorkflowHasProblems,
  WorkflowNotFound,
} from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { runStates } from '../sql/run-states.js'
import { testAnswers, testEvent, testEvents, testProfile, type TestEvent } from '../sql/test-data.js'
import { readDraft } from '../workflow/draft.js'
import { toProblem, WorkflowProblemNode } from '../workflow/workflow.js'
import { simulate, type TestRunResult } from './simulate.js'
import { TestRunNode } from './test-run.js'

/** Of what a person did while a run waited; a replay looks at it from its beginning. */
const MOST_EVENTS = 500
const MOST_ANSWERS = 200

@InputType({ description: 'An event that is made up for a test run.' })
class TestEventInput {
  @Length(1, 128)
  @Field(() => ID, { description: 'Its type.' })
  type!: string

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'What it says.' })
  properties?: JsonObject | null

  @Field(() => Date, { nullable: true, description: 'When it happened; at the beginning when unset.' })
  occurredAt?: Date | null
}

@InputType({ description: 'What is tested, and with what. Nothing of it is kept.' })
class TestWorkflowInput extends MutationInput {
  @Field(() => ID, { nullable: true, description: 'A workflow: its draft, or `version`. Or say a `graph`.' })
  id?: string | null

  @Field(() => Int, { nullable: true, description: 'A version of the workflow, instead of its draft.' })
  version?: number | null

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'A graph that is not saved.' })
  graph?: JsonObject | null

  @Field(() => TestEventInput, { nullable: true, description: 'The event that begins the run; none when unset.' })
  event?: TestEventInput | null

  @Field(() => ID, { nullable: true, description: 'A stored event instead. Needs the right personal.read.' })
  eventId?: string | null

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'A profile’s document: `{"traits": …, "consents": …, "data": …}`; empty when unset.',
  })
  profile?: JsonObject | null

  @Field(() => ID, {
    nullable: true,
    description: 'A stored profile instead, as it is now. Needs the right personal.read.',
  })
  profileId?: string | null

  @Field(() => GraphQLJSON, { nullable: true, description: 'What the start nodes get.' })
  input?: JsonValue

  @Length(1, 100)
  @Field(() => ID, { nullable: true, description: 'The start node it begins at; at all of them when unset.' })
  startNode?: string | null

  @Field(() => Date, { nullable: true, description: 'When the simulated clock begins; now when unset.' })
  at?: Date | null

  @Field(() => String, {
    nullable: true,
    description:
      'When it ends at the latest: after a duration such as `30d`, or at a time. When nothing is due any more, when unset.',
  })
  until?: string | null

  @Field(() => GraphQLJSON, {
    nullable: true,
    description:
      'What happens meanwhile, a list: `[{"at": "2h", "event": {"type": "checked-out", "properties": {}}}, {"at": "3d", "profile": {"traits.plan": "pro"}}]`.',
  })
  script?: JsonValue

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description:
      'How deliveries are answered, by node: `{"call": {"response": {"status": 404}}}`; with success when unset.',
  })
  deliveries?: JsonObject | null
}

@InputType({ description: 'Which run is gone through again, and as what.' })
class ReplayRunInput extends MutationInput {
  @Field(() => ID, { description: 'Which run.' })
  id!: string

  @Field(() => Int, { nullable: true, description: 'As this version of its workflow; as the draft when unset.' })
  version?: number | null
}

@ObjectType({ description: 'What a test run gives.' })
class TestWorkflowPayload extends MutationPayload {
  // Nothing of it is kept for repeats: it may hold a person's data.
  @Secret()
  @Field(() => TestRunNode, {
    nullable: true,
    description:
      'What would have happened; null when nothing could be run, or the same was asked before under this id.',
  })
  testRun?: TestRunNode | null

  @Field(() => [WorkflowProblemNode], { nullable: true, description: 'What keeps the graph from running.' })
  problems?: WorkflowProblemNode[] | null
}

@Right('workflows.test')
@Resolver()
export class TestRunMutations {
  @Mutation(() => TestWorkflowPayload, {
    description:
      'Runs a workflow without any effect, by a simulated clock that jumps over its waits: a journey of 30 days in a moment.',
  })
  async testWorkflow(
    @Arg('input', () => TestWorkflowInput, { description: 'What, and with what.' }) input: TestWorkflowInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<TestWorkflowPayload> {
    const { transaction, personal, account, loaders } = context
    if (input.eventId != null) personal.require(['input', 'eventId'])
    if (input.profileId != null) personal.require(['input', 'profileId'])
    const now = input.at?.getTime() ?? Date.now()
    const script = readScript(input.script)
    const deliveries = readAnswers(input.deliveries)
    const until = readUntil(input.until, now)
    const graph = await graphOf(transaction, input)
    const stored = input.eventId == null ? undefined : await storedEvent(transaction, input.eventId)
    const profileId = input.profileId ?? stored?.profileId
    const result = await simulate(
      transaction,
      graph,
      {
        event: stored?.event ?? madeUp(input.event),
        profile: input.profile ?? (profileId == null ? {} : await storedProfile(transaction, profileId, input)),
        now,
        script,
        deliveries,
        input: input.input ?? null,
        startNode: input.startNode ?? null,
        ...(until === undefined ? {} : { until }),
      },
      loaders.testRunBudget,
      account?.id ?? '',
    )
    return answer(result, ['input', input.graph ? 'graph' : 'id'])
  }

  @Mutation(() => TestWorkflowPayload, {
    description:
      'Goes through a real run again without any effect, as another version: with its event, what the person did since then, how its deliveries were answered, and the profile as it is now. Needs the right personal.read.',
  })
  async replayRun(
    @Arg('input', () => ReplayRunInput, { description: 'Which run, and as what.' }) input: ReplayRunInput,
    @Ctx() { transaction, personal, account, loaders }: WorkflowMutationContext,
  ): Promise<TestWorkflowPayload> {
    personal.require(['input', 'id'])
    const id = readId(input.id, ['input', 'id'])
    const run = await transaction.getRepository(WorkflowRun).findOneBy({ id } as never)
    if (!run) throw RunNotFound({ id }, ['input', 'id'])
    const { workflowId, profileId, startedAt } = run
    const graph = await graphOf(transaction, { id: workflowId, version: input.version ?? null })
    const state = (await runStates(transaction, [id])).get(id)
    const stored = run.eventId === null ? undefined : await testEvent(transaction, run.eventId)
    const event = stored?.event ?? (state?.event as SimulatedEvent | null | undefined) ?? null
    if (run.eventId !== null && !event) throw EventNotFound({ id: run.eventId }, ['input', 'id'])
    const trigger =
      run.triggerId === null ? null : await transaction.getRepository(WorkflowTrigger).findOneBy({ id: run.triggerId })
    const result = await simulate(
      transaction,
      graph,
      {
        event,
        profile: (profileId && (await testProfile(transaction, profileId))) || {},
        now: startedAt.getTime(),
        script: profileId === null ? [] : await later(transaction, profileId, run),
        deliveries: await answersOf(transaction, workflowId, run),
        input: state?.input ?? null,
        startNode: trigger?.startNode ?? null,
      },
      loaders.testRunBudget,
      account?.id ?? '',
    )
    return answer(result, ['input', 'version'])
  }
}

function answer(result: TestRunResult, path: string[]): TestWorkflowPayload {
  if ('run' in result) return { testRun: result.run }
  const { problems } = result
  const error = WorkflowHasProblems({ count: problems.length, problem: problems[0]?.message ?? '' }, path)
  return { problems: problems.map(toProblem), userErrors: [asPayload(error)] }
}

async function graphOf(
  transaction: EntityManager,
  { id: given, version, graph }: Pick<TestWorkflowInput, 'id' | 'version' | 'graph'>,
): Promise<JsonObject> {
  if ((given == null) === (graph == null)) throw BadTestRun({ problem: 'Say either id or graph.' }, ['input'])
  if (graph != null) return readDraft(graph)
  const id = readId(given ?? '', ['input', 'id'])
  if (version == null) {
    const workflow = await transaction.getRepository(Workflow).findOneBy({ id } as never)
    if (!workflow) throw WorkflowNotFound({ id }, ['input', 'id'])
    return workflow.draft
  }
  // Versions of a workflow that was removed are there, too.
  const found = await transaction.getRepository(WorkflowVersion).findOneBy({ workflowId: id, version } as never)
  if (!found) throw VersionNotFound({ version }, ['input', 'version'])
  return found.graph
}

async function storedEvent(transaction: EntityManager, given: string): Promise<TestEvent> {
  const id = readId(given, ['input', 'eventId'])
  const event = await testEvent(transaction, id)
  if (!event) throw EventNotFound({ id }, ['input', 'eventId'])
  return event
}

async function storedProfile(
  transaction: EntityManager,
  given: string,
  { profileId }: TestWorkflowInput,
): Promise<JsonObject> {
  const id = readId(given, ['input', 'profileId'])
  const profile = await testProfile(transaction, id)
  // An event may be older than the erasure of its profile.
  if (!profile && profileId != null) throw ProfileNotFound({ id }, ['input', 'profileId'])
  return profile ?? {}
}

function madeUp(event: TestEventInput | null | undefined): SimulatedEvent | null {
  if (!event) return null
  const { type, properties, occurredAt } = event
  return {
    type,
    properties: properties ?? {},
    ...(occurredAt ? { occurredAt: occurredAt.toISOString() } : {}),
  } as SimulatedEvent
}

function readScript(script: JsonValue | undefined): Script {
  const parsed = scriptSchema.safeParse(script ?? [])
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = (issue?.path ?? []).map(String)
  throw BadTestRun({ problem: `script${place.map((name) => `.${name}`).join('')}: ${issue?.message ?? ''}.` }, [
    'input',
    'script',
    ...place,
  ])
}

function readAnswers(deliveries: JsonObject | null | undefined): Record<string, DeliveryAnswer> {
  return Object.fromEntries(
    Object.entries(deliveries ?? {}).map(([node, given]) => {
      const parsed = deliveryAnswerSchema.safeParse(given)
      if (parsed.success) return [node, parsed.data]
      const problem = `deliveries.${node}: ${parsed.error.issues[0]?.message ?? ''}.`
      throw BadTestRun({ problem }, ['input', 'deliveries', node])
    }),
  )
}

function readUntil(until: string | null | undefined, begin: number): string | undefined {
  if (until == null) return undefined
  if (Number.isFinite(momentAt(until, begin))) return until
  throw BadTestRun({ problem: 'Until is a duration such as 30d, or a time such as 2026-03-10T12:30:00Z.' }, [
    'input',
    'until',
  ])
}

/** What the person did from the run's beginning until its end, or until now. */
async function later(transaction: EntityManager, profileId: string, run: WorkflowRun): Promise<Script> {
  const to = run.state === 'waiting' ? new Date() : (run.endedAt ?? new Date())
  const events = await testEvents(transaction, profileId, run.startedAt, to, MOST_EVENTS)
  return events
    .filter(({ event }) => event['id'] !== run.eventId)
    .map(({ event }) => ({ at: String(event['receivedAt']), event })) as Script
}

async function answersOf(
  transaction: EntityManager,
  workflowId: string,
  { id, startedAt }: WorkflowRun,
): Promise<Record<string, DeliveryAnswer>> {
  const answers = await testAnswers(transaction, workflowId, id, startedAt, MOST_ANSWERS)
  return Object.fromEntries(
    answers.map(({ nodeId, state, response, error }) => [
      nodeId,
      {
        ...(response === null ? {} : { response: response as JsonValue }),
        ...(state === 'rejected'
          ? { error: { code: String(error?.code ?? 'REJECTED'), message: String(error?.message ?? '') } }
          : {}),
      } as DeliveryAnswer,
    ]),
  )
}
