// `segue workflow test`: runs the tests of files and says what is not as expected.
import { checkExpectations, simulateWorkflow, type Simulation } from '@segue/workflow-engine'
import { readTestFile, type TestFile, type WorkflowTest } from './test-file.js'

/** Runs all tests of all files; returns whether everything was as expected. @throws BadTestFile */
export async function testWorkflows(
  paths: readonly string[],
  { steps }: { steps: boolean },
  print: (line: string) => void,
): Promise<boolean> {
  let [passed, failed] = [0, 0]
  for (const path of paths) {
    const file = await readTestFile(path)
    print(path)
    for (const test of file.tests) {
      const simulation = simulate(file, test)
      const differences = checkExpectations(simulation, test.expect)
      if (differences.length === 0) passed++
      else failed++
      print(`  ${differences.length === 0 ? 'ok' : 'NOT OK'}  ${test.name}`)
      for (const difference of differences) print(`      ${difference}`)
      if (steps || differences.length > 0) for (const line of toldSteps(simulation)) print(`      ${line}`)
    }
  }
  print(`${passed} passed, ${failed} failed`)
  return failed === 0
}

function simulate({ workflow, workflows }: TestFile, test: WorkflowTest): Simulation {
  const { event, profile, now, script, deliveries, startNode, input, until } = test
  return simulateWorkflow({
    workflow,
    workflows,
    event,
    profile,
    now: Date.parse(now),
    script,
    deliveries,
    ...(startNode === undefined ? {} : { startNode }),
    ...(input === undefined ? {} : { input }),
    ...(until === undefined ? {} : { until }),
  })
}

/** What happened, a line a step. */
function toldSteps({ steps, notes, error }: Simulation): string[] {
  return [
    ...steps.map(({ at, nodeId, port, waits, workflowId }) => {
      const did = waits ? 'waits' : port === null ? 'ends' : `→ ${port}`
      return `${new Date(at).toISOString()}  ${workflowId === null ? '' : `${workflowId} `}${nodeId} ${did}`
    }),
    ...(error ? [`failed in ${error.nodeId}: ${error.message} (${error.code})`] : []),
    ...notes,
  ]
}
