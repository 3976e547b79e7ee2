// Runs every suite and says in the last line how it went.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Sets the exit code: 0 only when every suite ran and nothing failed. `args` go to jest (a path runs a part). */
export async function runTests(root, args) {
  const report = join(root, '.segue/test-report.json')
  mkdirSync(join(root, '.segue'), { recursive: true })
  rmSync(report, { force: true })
  const jest = join(root, 'node_modules/jest/bin/jest.js')
  const child = spawn(process.execPath, [jest, '--json', `--outputFile=${report}`, ...args], {
    cwd: root,
    // With --json, jest prints the report to standard output as well; people read what it says on standard error.
    stdio: ['inherit', 'ignore', 'inherit'],
    // Suites are ES modules, which jest runs in Node's experimental VM modules.
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings` },
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const code = await new Promise((resolve) => child.on('exit', resolve))
  const totals = readTotals(report)
  if (!totals) throw new Error('The tests were interrupted before they ended.')
  for (const name of totals.skippedNames) console.log(`skipped: ${name}`)
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
  process.exitCode = code === 0 && totals.failed === 0 && totals.passed > 0 ? 0 : 1
}

function readTotals(report) {
  let run
  try {
    run = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return undefined
  }
  const skipped = run.testResults.flatMap((suite) =>
    suite.assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed'),
  )
  return {
    passed: run.numPassedTests,
    // A suite that could not be loaded has no failed tests, but it did fail.
    failed: run.numFailedTests + run.numRuntimeErrorTestSuites,
    skipped: skipped.length,
    skippedNames: skipped.map(({ fullName }) => fullName),
  }
}
