// Runs a program to its end and gives its output; what it wrote to standard error becomes the error's message.
import { spawn } from 'node:child_process'

/**
 * Resolves with standard output when the program ends with 0, rejects with the last lines of standard error otherwise.
 * `input` is written to its standard input. Messages are asked for in English, because some are read by programs.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: Record<string, string> } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    let output = ''
    let complaint = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      const lines = complaint.trim().split('\n').slice(-5).join(' | ')
      reject(new Error(lines || `${program} ended with ${code ?? signal}`))
    })
    // A program that ends before it has read everything reports through its exit code, not through this pipe.
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}
