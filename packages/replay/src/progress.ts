// Shows how far a replay is: one line that changes on a terminal, a line now and then elsewhere.

export interface Progress {
  /** Called often; shows now and then. */
  update(state: { lines: number; events: number }): void
  /** A line of its own. */
  say(line: string): void
  end(): void
}

/** `total`: how many lines there are to send, those that an earlier run has sent included. */
export function showProgress(stream: NodeJS.WriteStream, total: number): Progress {
  const live = stream.isTTY === true
  const every = live ? 200 : 5000
  const began = performance.now()
  let shown = began
  let window = { at: began, events: 0 }
  let open = false

  const close = (): void => {
    if (open) stream.write('\n')
    open = false
  }
  return {
    update({ lines, events }) {
      const now = performance.now()
      if (now - shown < every) return
      shown = now
      const rate = ((events - window.events) / (now - window.at)) * 1000
      window = { at: now, events }
      const text = `${percent(lines, total)} ${count(lines)} of ${count(total)} lines, ${count(events)} events, ${count(rate)}/s`
      // The rest of the line before is cleared.
      stream.write(live ? `\r${text}\u001b[K` : `${text}\n`)
      open = live
    },
    say(line) {
      close()
      stream.write(`${line}\n`)
    },
    end: close,
  }
}

function percent(part: number, whole: number): string {
  return `${Math.floor((part / Math.max(1, whole)) * 100)} %`.padStart(5)
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en')
}
