// The command as a shell sees it: what it prints, and the code it ends with.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './run-command.js'

const examples = join(import.meta.dirname, '../examples')
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-command-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = []
  const code = await runCommand(args, (line) => lines.push(line))
  return { code, lines }
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

describe('segue workflow test', () => {
  it('runs the example: a journey of a month, in a moment', async () => {
    const { code, lines } = await run('workflow', 'test', join(examples, 'abandoned-cart.test.yaml'))
    expect(lines.slice(1)).toEqual([
      '  ok  reminds of a cart after two hours, and sends a coupon after a month',
      '  ok  lets those alone who buy, and counts them',
      '  ok  sends no mail to who has not agreed',
      '3 passed, 0 failed',
    ])
    expect(code).toBe(0)
  })

  it('says what is not as expected, and ends with 1', async () => {
    const path = await file(
      'wrong.yaml',
      `workflow: ${JSON.stringify(join(examples, 'abandoned-cart.workflow.yaml'))}
tests:
  - event: { type: added-to-cart, properties: { cartId: c1 } }
    expect: [{ node: soon, port: arrived, at: 2h }, { state: failed }]`,
    )
    const { code, lines } = await run('workflow', 'test', path)
    expect(code).toBe(1)
    expect(lines.join('\n')).toMatch(
      /NOT OK.*\n.*1\. Expected soon to leave by arrived at 2h; it .*left by timeout at 2h/,
    )
    expect(lines.join('\n')).toContain('2. Expected the run to be failed; it is completed.')
    expect(lines.at(-1)).toBe('0 passed, 1 failed')
  })

  it('names the file, the place and the problem of what it cannot use, and ends with 2', async () => {
    const broken = await file('broken.yaml', 'workflow: {nodes: [}')
    const shape = await file('shape.yaml', 'workflow: {nodes: []}\ntests: [{expect: [{nodes: x}]}]')
    const graph = await file('graph.yaml', 'workflow: {nodes: [{id: a, type: nope}], edges: []}\ntests: [{expect: []}]')
    const answers = await Promise.all(
      [broken, shape, graph, join(folder, 'missing.yaml')].map((path) => run('workflow', 'test', path)),
    )
    expect(answers.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    const [brokenText, shapeText, graphText, missingText] = answers.map(({ lines }) => lines.join('\n'))
    expect(brokenText).toContain(`${broken} is neither YAML nor JSON`)
    expect(shapeText).toContain('tests.0.expect.0')
    expect(graphText).toContain('a: There is no node of the type nope. (UNKNOWN_NODE_TYPE)')
    expect(missingText).toContain('missing.yaml cannot be read')
  })

  it('explains itself', async () => {
    expect((await run('--help')).code).toBe(0)
    expect((await run('workflow')).code).toBe(2)
    expect((await run('workflow', 'test', 'x', '--nonsense')).lines.join()).toContain('--nonsense')
  })
})
