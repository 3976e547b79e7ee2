// All clients that watch the same with the same rights. Who comes, comes again or was slow has a stream of its own until it has been sent what the others were.
import { LiveStream, type LiveMember, type LiveStreamOptions } from './live-stream.js'

export class LiveGroup {
  readonly #streams = new Set<LiveStream>()
  /** Who did not take a message, with the place up to which it was sent everything: nothing is kept for it but that. */
  readonly #aside = new Map<LiveMember, string | undefined>()

  constructor(
    private readonly options: Omit<LiveStreamOptions, 'after' | 'onSlow' | 'onTold' | 'onEmpty'>,
    private readonly onEmpty: () => void,
  ) {}

  /** Takes a member who goes on after a place; undefined, who begins now. */
  place(member: LiveMember, after: string | undefined): void {
    let stream = [...this.#streams].find((each) => each.isForming && each.after === after)
    if (!stream) {
      stream = new LiveStream({
        ...this.options,
        after,
        onSlow: (slow, cursor) => {
          this.options.metrics.setAside.inc()
          this.#aside.set(slow, cursor)
        },
        onTold: (told) => this.#unite(told),
        onEmpty: (empty) => {
          this.#streams.delete(empty)
          this.#look()
        },
      })
      this.#streams.add(stream)
    }
    stream.add(member)
  }

  /** The member has room for a message again. */
  resume(member: LiveMember): void {
    if (!this.#aside.has(member)) return
    const after = this.#aside.get(member)
    this.#aside.delete(member)
    this.place(member, after)
  }

  leave(member: LiveMember): void {
    this.#aside.delete(member)
    for (const stream of [...this.#streams]) stream.remove(member)
    this.#look()
  }

  /** One stream goes on for all that have been sent the same: the one with the most members. */
  #unite(told: LiveStream): void {
    if (told.level === undefined) return
    for (const other of [...this.#streams]) {
      if (other === told || other.level !== told.level) continue
      const [large, small] = other.members.size > told.members.size ? [other, told] : [told, other]
      small.moveTo(large)
      if (small === told) return
    }
  }

  #look(): void {
    if (this.#streams.size === 0 && this.#aside.size === 0) this.onEmpty()
  }
}
