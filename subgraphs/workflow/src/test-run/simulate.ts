// Prepares and makes a test run: graphs compiled, sub-workflows beside them, policies of contacts, the account's budget.
import { ContactPolicy, isId, Workflow, WorkflowVersion } from '@segue/database'
import { coreNodes } from '@segue/nodes'
import {
  compileWorkflow,
  graphSchema,
  simulateWorkflow,
  type CompiledWorkflow,
  type JsonObject,
  type SimulationInput,
  type WorkflowProblem,
} from '@segue/workflow-engine'
import { In, type EntityManager } from 'typeorm'
import { TooManyTestRuns } from '../errors.js'
import { toTestRun, type TestRunNode } from './test-run.js'
import type { TestRunBudget } from './test-run-budget.js'

/** Sub-workflows of sub-workflows; beyond this they are taken as completed. */
const MOST_SUB_WORKFLOWS = 20

export type TestRunResult = { run: TestRunNode } | { problems: WorkflowProblem[] }

/** Runs a graph on what is given. Throws TOO_MANY_TEST_RUNS. */
export async function simulate(
  transaction: EntityManager,
  graph: JsonObject,
  given: Omit<SimulationInput, 'workflow' | 'workflows' | 'contactPolicies'>,
  budget: TestRunBudget,
  accountId: string,
): Promise<TestRunResult> {
  const seconds = budget.waitOf(accountId, Date.now())
  if (seconds > 0) throw TooManyTestRuns({ seconds })
  const compiled = compileWorkflow(graph, coreNodes)
  if ('problems' in compiled) return compiled
  const workflows = await subWorkflows(transaction, graph)
  const contactPolicies = await policies(transaction)
  const begin = performance.now()
  const simulation = simulateWorkflow({ ...given, workflow: compiled.workflow, workflows, contactPolicies })
  const milliseconds = Math.round(performance.now() - begin)
  budget.use(accountId, milliseconds, Date.now())
  return { run: toTestRun(simulation, milliseconds) }
}

/** Quiet hours and caps as they hold now. */
async function policies(transaction: EntityManager): Promise<NonNullable<SimulationInput['contactPolicies']>> {
  const rows = await transaction.getRepository(ContactPolicy).find()
  return rows.map(({ channel, quietFrom, quietUntil, timeZone, caps }) => ({
    channel,
    quiet: quietFrom === null || quietUntil === null ? null : { from: quietFrom, until: quietUntil },
    timeZone,
    caps,
  }))
}

/** The live versions of the workflows that a graph begins, and of those that these begin; a statement for each level. */
async function subWorkflows(
  transaction: EntityManager,
  graph: JsonObject,
): Promise<ReadonlyMap<string, CompiledWorkflow>> {
  const found = new Map<string, CompiledWorkflow>()
  const seen = new Set<string>()
  for (let wanted = begunBy(graph); wanted.length > 0 && seen.size < MOST_SUB_WORKFLOWS;) {
    for (const id of wanted) seen.add(id)
    const workflows = await transaction.getRepository(Workflow).findBy({ id: In(wanted) })
    const live = workflows.flatMap(({ id, liveVersion }) =>
      liveVersion === null ? [] : [{ workflowId: id, version: liveVersion }],
    )
    const versions = live.length > 0 ? await transaction.getRepository(WorkflowVersion).findBy(live) : []
    const next: string[] = []
    for (const { workflowId, graph: deployed } of versions) {
      const compiled = compileWorkflow(deployed, coreNodes)
      if ('workflow' in compiled) found.set(workflowId, compiled.workflow)
      next.push(...begunBy(deployed))
    }
    wanted = [...new Set(next)].filter((id) => !seen.has(id)).slice(0, MOST_SUB_WORKFLOWS - seen.size)
  }
  return found
}

function begunBy(graph: JsonObject): string[] {
  const parsed = graphSchema.safeParse(graph)
  const ids = (parsed.success ? parsed.data.nodes : []).map(({ config }) => config['workflowId'])
  return [...new Set(ids.filter((id): id is string => typeof id === 'string' && isId(id)))].slice(0, MOST_SUB_WORKFLOWS)
}
