// Which command is meant, and what it ends with.
import { parseArgs } from 'node:util'
import { BadTestFile } from './test-file.js'
import { testWorkflows } from './test-workflows.js'

const USAGE = `segue workflow test FILE… [--steps]

Runs the workflows of test files with a simulated clock, without a database or anything leaving, and compares what they do
with what is expected. --steps prints each step, also of tests that pass.
Ends with 0 when all is as expected, 1 when something is not, 2 when a file cannot be used.`

/** Runs a command line and returns the exit code. */
export async function runCommand(args: string[], print: (line: string) => void): Promise<0 | 1 | 2> {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { steps: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    })
    const [area, verb, ...files] = positionals
    if (values.help) {
      print(USAGE)
      return 0
    }
    if (area !== 'workflow' || verb !== 'test' || files.length === 0) {
      print(USAGE)
      return 2
    }
    return (await testWorkflows(files, { steps: values.steps }, print)) ? 0 : 1
  } catch (error) {
    if (!(error instanceof BadTestFile) && !isArgumentError(error)) throw error
    print(error.message)
    return 2
  }
}

/** What `parseArgs` throws for options that it does not know. */
function isArgumentError(error: unknown): error is Error {
  return String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS')
}
