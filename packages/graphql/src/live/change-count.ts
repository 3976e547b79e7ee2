// Changes of one thing, for messages that say how it is now.
import type { Changes } from '@segue/database'
import type { Collector } from './live-topic.js'

/** Counts the changes that `isChange` finds; a message stands for all of them, and leaves out the states between. */
export class ChangeCount implements Collector<{ skipped: number }> {
  #changes = 0

  constructor(private readonly isChange: (changes: Changes) => boolean) {}

  add(changes: Changes): void {
    if (this.isChange(changes)) this.#changes += 1
  }

  get isEmpty(): boolean {
    return this.#changes === 0
  }

  payload(): { skipped: number } {
    return { skipped: Math.max(0, this.#changes - 1) }
  }
}
