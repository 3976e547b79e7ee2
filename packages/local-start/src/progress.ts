// What a start shows while it is at work: a line a step, with the time it took.

/** Runs a step and tells about it; a step that fails is named before its error goes on. */
export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now()
  const live = process.stdout.isTTY
  if (live) process.stdout.write(`  ${title} ...`)
  const tell = (mark: string, outcome: string): void => {
    process.stdout.write(`${live ? '\r' : ''}${mark} ${title} ${outcome}\n`)
  }
  try {
    const result = await work()
    tell('✓', `(${((performance.now() - began) / 1000).toFixed(1)} s)`)
    return result
  } catch (error) {
    tell('✗', 'failed')
    throw error
  }
}

/** A line of its own, between steps or long after them. */
export function say(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? '\r' : ''}${line}\n`)
}
