// A whole replay: survey, bookmark, requests, sending with a limit on what is under way, result.
import { setMaxListeners } from 'node:events'
import { findBookmark } from './resume.js'
import { paceOf } from './pace.js'
import { showProgress } from './progress.js'
import { requestsOf, type RetailRequest } from './requests.js'
import { createSender, IN_FLIGHT, type Outcome, type Receiver } from './sender.js'
import { survey } from './survey.js'

export interface ReplayOptions extends Receiver {
  /** A retail file, `.csv` or `.csv.gz`. */
  path: string
  /** Events a second; Infinity for as fast as the collector takes them. */
  rate: number
  /** Lines of the file; Infinity for all. */
  limit: number
  /** Where the bookmark of an interrupted run lies. */
  folder: string
  /** Sends all from the first line on, also when an earlier run was interrupted. */
  fromStart: boolean
  /** Ends the run after what is under way. */
  signal: AbortSignal
  /** Where progress is shown. */
  output: NodeJS.WriteStream
}

/** `sent` = `accepted` + `failed` without the lines that could not be read, which count as failed too. */
export interface ReplayResult {
  /** Events sent to the collector by this run, each counted once however often it was tried. */
  sent: number
  /** Events that the collector has stored (or had stored before). */
  accepted: number
  /** Events that it refused, and lines that are no retail lines. */
  failed: number
  seconds: number
}

/** How often the bookmark is written. What a killed run sent since then is sent again, and dropped as repeats. */
const SAVE_MS = 1000
/** So many refusals are shown; the rest is counted. */
const SHOWN_REFUSALS = 5

/** Sends a file. Throws `ReplayError`. An aborted run resolves with what it had done. */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const began = performance.now()
  const found = await survey(options.path)
  const bookmark = await findBookmark(options.folder, options)
  const skip = options.fromStart ? 0 : bookmark.lines
  const total = Math.min(found.lines, options.limit)
  const progress = showProgress(options.output, total)
  for (const { lineNumber, problem } of found.broken) progress.say(`Line ${lineNumber} is left out: ${problem}.`)
  if (found.brokenCount > found.broken.length)
    progress.say(`... and ${found.brokenCount - found.broken.length} more lines like these.`)
  if (skip > 0)
    progress.say(`Going on after line ${skip}, where an earlier run stopped (--from-start sends all again).`)

  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  // Each request under way listens, and so does each pause.
  setMaxListeners(0, signal)
  const sender = createSender(options, signal, progress.say)
  const pace = paceOf(options.rate)
  const result: ReplayResult = { sent: 0, accepted: 0, failed: found.brokenCount, seconds: 0 }
  const underWay = new UnderWay(skip)
  let refusals = 0
  let savedAt = began

  const note = async (request: RetailRequest, outcome: Outcome): Promise<void> => {
    result.sent += request.events.length
    if (outcome.accepted) result.accepted += request.events.length
    else {
      result.failed += request.events.length
      if (refusals++ < SHOWN_REFUSALS)
        progress.say(`${request.events.length} events were refused (${outcome.status}): ${outcome.message}`)
    }
    underWay.finish(request)
    progress.update({ lines: underWay.linesDone, events: result.sent })
    if (performance.now() - savedAt < SAVE_MS) return
    savedAt = performance.now()
    await bookmark.save(underWay.linesDone)
  }

  const sending = new Set<Promise<void>>()
  try {
    for await (const request of requestsOf(options.path, found, options.limit)) {
      if (request.linesDone <= skip) continue
      if (signal.aborted) break
      await pace(request.events.length, signal)
      underWay.start(request)
      const sent: Promise<void> = sender
        .send(request)
        .then((outcome) => note(request, outcome))
        .catch((error: unknown) => failure.abort(error))
        .finally(() => sending.delete(sent))
      sending.add(sent)
      if (sending.size >= IN_FLIGHT) await Promise.race(sending)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await Promise.all(sending)
  await sender.close()
  progress.end()
  if (options.signal.aborted || failure.signal.aborted) await bookmark.save(underWay.linesDone)
  else await bookmark.forget()
  if (failure.signal.aborted && !options.signal.aborted) throw failure.signal.reason
  result.seconds = Math.round(performance.now() - began) / 1000
  return result
}

/** Requests end in any order; a later run goes on after the last one before which all have ended. */
class UnderWay {
  readonly #queue: { request: RetailRequest; finished: boolean }[] = []

  constructor(public linesDone: number) {}

  start(request: RetailRequest): void {
    this.#queue.push({ request, finished: false })
  }

  finish(request: RetailRequest): void {
    const entry = this.#queue.find((one) => one.request === request)
    if (entry) entry.finished = true
    while (this.#queue[0]?.finished) this.linesDone = this.#queue.shift()?.request.linesDone ?? this.linesDone
  }
}
