// What happened within a run, as the API shows it.
import type { WorkflowRun } from '@segue/database'
import type { PersonalData } from '@segue/graphql'
import { Field, ObjectType } from 'type-graphql'

@ObjectType('WorkflowStep', { description: 'One execution of one node.' })
export class RunStepNode {
  @Field(() => String, { description: 'Which node of the graph.' })
  nodeId!: string

  @Field(() => String, { nullable: true, description: 'The port it left through; null when the branch ended there.' })
  port!: string | null
}

@ObjectType('WorkflowLogEntry', { description: 'What a node wrote into the log of its run.' })
export class RunLogEntryNode {
  @Field(() => String, { description: 'Which node of the graph.' })
  nodeId!: string

  @Field(() => String, { description: 'debug, info, warning or error.' })
  level!: string

  @Field(() => String, { description: 'What it wrote.' })
  message!: string
}

@ObjectType('WorkflowRunError', { description: 'Why a run failed.' })
export class RunErrorNode {
  @Field(() => String, { description: 'In which node of the graph.' })
  nodeId!: string

  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'Meant for people.' })
  message!: string
}

export interface RunTrace {
  steps: RunStepNode[]
  log: RunLogEntryNode[]
  error: RunErrorNode | null
}

/** A trace as the API shows it; an empty one of a run that is gone. What nodes wrote may quote anything of the person, so it is personal as a whole. */
export function toTrace(
  row: Pick<WorkflowRun, 'steps' | 'log' | 'error'> | undefined,
  personal: PersonalData,
): RunTrace {
  const [error] = objectsOf([row?.error])
  return {
    steps: objectsOf(row?.steps).map((step) => ({ nodeId: textOf(step['nodeId']), port: textOrNull(step['port']) })),
    log: objectsOf(row?.log).map((entry) => ({
      nodeId: textOf(entry['nodeId']),
      level: textOf(entry['level']),
      message: personal.text(textOf(entry['message'])),
    })),
    error: error
      ? {
          nodeId: textOf(error['nodeId']),
          code: textOf(error['code']),
          message: personal.text(textOf(error['message'])),
        }
      : null,
  }
}

function objectsOf(json: unknown): Record<string, unknown>[] {
  if (!Array.isArray(json)) return []
  return json.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function textOf(value: unknown): string {
  return textOrNull(value) ?? ''
}
