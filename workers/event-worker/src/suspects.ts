// An event that ends the process of whoever processes it (out of memory, a crash inside a library) leaves no error behind,
// only partitions that are taken over again and again. Their events are then tried one at a time, each try noted first.
import type { Lease } from './sql/lease.js'

/** So many workers in turn vanish over a partition before its events are tried one at a time: one or two may have been killed by somebody. */
const TAKEOVERS = 3
/** So often an event is tried alone. Who vanished during each of these was ended by it. */
export const TRIES = 3
/** So many events of a partition are tried alone: as many as the fatal batch can have had. */
const ALONE = 512

/** What the dead letter of such an event says. */
export class KillsTheWorker extends Error {
  override readonly name = 'KillsTheWorker'
  readonly code = 'KILLS_THE_WORKER'

  constructor() {
    super(
      `${TRIES} times the process ended that processed this event and no other. See its log for why; replay the event when that is mended.`,
    )
  }
}

/** Which of a lane's partitions are suspected, and how far their events have been tried. */
export class Suspects {
  readonly #tried = new Map<number, number>()

  constructor(private readonly held: ReadonlyMap<number, Lease>) {}

  /** The lease of a partition whose events have to be tried one at a time. */
  of(partition: number): Lease | undefined {
    const lease = this.held.get(partition)
    return lease && lease.takeovers >= TAKEOVERS ? lease : undefined
  }

  /** Counts an event that is tried alone. True when as many have been tried as the fatal batch can have had. */
  hasTriedAll(lease: Lease): boolean {
    const tried = (this.#tried.get(lease.partition) ?? 0) + 1
    this.#tried.set(lease.partition, tried)
    return tried >= ALONE
  }

  /** What ended the workers is no more in the partition once the next commit is made, which forgets the takeovers. */
  acquit(lease: Lease): void {
    this.#tried.delete(lease.partition)
    lease.takeovers = 0
  }
}
