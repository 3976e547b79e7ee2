// A file of workflow tests: its shape, and how it and the graphs that it names are read.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { coreNodes } from '@segue/nodes'
import {
  compileWorkflow,
  deliveryAnswerSchema,
  expectationsSchema,
  scriptSchema,
  type CompiledWorkflow,
} from '@segue/workflow-engine'
import { parseDocument } from 'yaml'
import { z } from 'zod'

/** A file that cannot be used. The message says which, where and why. */
export class BadTestFile extends Error {
  override readonly name = 'BadTestFile'
}

/** A graph as it stands, or the path of its file, from the folder of the test file. */
const graph = z.union([z.string(), z.looseObject({ nodes: z.array(z.unknown()) })])
const json = z.record(z.string(), z.json())

const testSchema = z.strictObject({
  name: z.string().default('the workflow'),
  /** What begins the run. */
  event: z
    .looseObject({ type: z.string(), properties: json.default({}) })
    .nullable()
    .default(null),
  /** The profile's document: traits, consents and so on. */
  profile: json.default({}),
  /** When it begins. */
  now: z.iso.datetime({ offset: true }).default('2026-01-01T12:00:00Z'),
  script: scriptSchema.default([]),
  /** How a node's deliveries are answered; left out, at once and well. */
  deliveries: z.record(z.string(), deliveryAnswerSchema).default({}),
  startNode: z.string().optional(),
  input: z.json().optional(),
  /** When it ends at the latest. */
  until: z.string().optional(),
  expect: expectationsSchema,
})
export type WorkflowTest = z.output<typeof testSchema>

const fileSchema = z.strictObject({
  workflow: graph,
  /** Sub-workflows by their id. */
  workflows: z.record(z.string(), graph).default({}),
  tests: z.array(testSchema).min(1),
})

/** A file, ready to be run. */
export interface TestFile {
  workflow: CompiledWorkflow
  workflows: Map<string, CompiledWorkflow>
  tests: WorkflowTest[]
}

/** Reads a YAML or JSON file. @throws BadTestFile */
export async function readTestFile(path: string): Promise<TestFile> {
  const parsed = fileSchema.safeParse(await readYaml(path))
  if (!parsed.success) {
    throw new BadTestFile(
      `${path} is no file of workflow tests:\n${parsed.error.issues
        .map(({ path: place, message }) => `  ${place.map(String).join('.') || 'the file'}: ${message}`)
        .join('\n')}`,
    )
  }
  const { workflow, workflows, tests } = parsed.data
  const compiled = new Map<string, CompiledWorkflow>()
  for (const [id, each] of Object.entries(workflows)) compiled.set(id, await compile(path, each))
  return { workflow: await compile(path, workflow), workflows: compiled, tests }
}

async function compile(testFile: string, graph: z.output<typeof fileSchema>['workflow']): Promise<CompiledWorkflow> {
  const path = typeof graph === 'string' ? resolve(dirname(testFile), graph) : testFile
  const result = compileWorkflow(typeof graph === 'string' ? await readYaml(path) : graph, coreNodes)
  if ('workflow' in result) return result.workflow
  const problems = result.problems.map(
    ({ nodeId, code, message }) => `  ${nodeId ? `${nodeId}: ` : ''}${message} (${code})`,
  )
  throw new BadTestFile(`The workflow of ${path} cannot run:\n${problems.join('\n')}`)
}

async function readYaml(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new BadTestFile(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem) throw new BadTestFile(`${path} is neither YAML nor JSON: ${problem.message}`)
  return document.toJS()
}
