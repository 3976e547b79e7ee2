// Ends what takes too long, or what nobody waits for any more.

/** A signal that aborts after `ms`, or with `outer`; `over` says which. Call `done` when it is not needed any more. */
export interface TimeLimit {
  readonly signal: AbortSignal
  /** Whether the time is over. */
  readonly over: boolean
  done(): void
}

// Not AbortSignal.any: of that, signals that live as long as the process keep all that were ever made from them.
export function timeLimit(ms: number, outer: AbortSignal): TimeLimit {
  const controller = new AbortController()
  let over = false
  const abort = (): void => controller.abort(outer.reason)
  const timer = setTimeout(() => {
    over = true
    controller.abort(new Error('The time is over.'))
  }, ms)
  if (outer.aborted) abort()
  else outer.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    get over() {
      return over
    },
    done() {
      clearTimeout(timer)
      outer.removeEventListener('abort', abort)
    },
  }
}
