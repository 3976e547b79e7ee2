// Drafts: what may be saved, and what keeps one from running.
import { coreNodes, start } from '@segue/nodes'
import { compileWorkflow, graphSchema, type JsonObject, type WorkflowProblem } from '@segue/workflow-engine'
import type { Workflow } from '@segue/database'
import { asPayload, staleSave, type MutationUserError } from '@segue/graphql'
import { BadDraft, DraftTooLarge, StaleDraft } from '../errors.js'

/** A workflow of 500 nodes with long texts; every event worker keeps all live ones. */
const MOST_BYTES = 512 * 1024

/** What a new workflow begins with. */
export const EMPTY_DRAFT: JsonObject = { nodes: [{ id: 'start', type: start.type, config: {} }], edges: [] }

/**
 * A draft may have all kinds of problems, or nobody could save half a thought; but it has the shape of a graph. Throws BAD_DRAFT and
 * DRAFT_TOO_LARGE.
 */
export function readDraft(draft: JsonObject): JsonObject {
  const size = Buffer.byteLength(JSON.stringify(draft))
  if (size > MOST_BYTES) throw DraftTooLarge({ limit: MOST_BYTES, size }, ['input', 'draft'])
  const { error } = graphSchema.safeParse(draft)
  const [issue] = error?.issues ?? []
  if (issue) {
    const place = issue.path.map(String)
    throw BadDraft({ problem: `${place.join('.')}: ${issue.message}` }, ['input', 'draft', ...place])
  }
  return draft
}

/** Why a graph cannot run; empty when it can. */
export function problemsOf(graph: JsonObject): WorkflowProblem[] {
  const result = compileWorkflow(graph, coreNodes)
  return 'problems' in result ? result.problems : []
}

/** The ids of the nodes where runs of a graph begin. */
export function startNodesOf(graph: JsonObject): string[] {
  const parsed = graphSchema.safeParse(graph)
  const begins = new Set(coreNodes.filter((node) => node.begins).map(({ type }) => type))
  return parsed.success ? parsed.data.nodes.filter(({ type }) => begins.has(type)).map(({ id }) => id) : []
}

/** The error of who looked at an older revision than the one that is there, with both. */
export function staleDraft(revision: number, changes: object, workflow: Workflow): MutationUserError {
  const error = StaleDraft({ savedAt: workflow.updatedAt.toISOString() }, ['input', 'revision'])
  return asPayload(error, staleSave(revision, changes, { ...workflow, version: workflow.draftRevision }))
}
