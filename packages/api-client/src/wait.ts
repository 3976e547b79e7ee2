// Waiting before something is tried again.

/**
 * Resolves after a while that doubles with each attempt (from 0), from 0.2 to 10 seconds, give or take a half, so that clients that were cut off together do
 * not come back together. Resolves at once when `signal` aborts.
 */
export async function waitToTryAgain(attempt: number, signal?: AbortSignal): Promise<void> {
  const milliseconds = Math.min(200 * 2 ** attempt, 10_000) * (0.5 + Math.random())
  if (signal?.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}
