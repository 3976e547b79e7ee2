// Remembers who owned which identity and which id stood for whom, so that a batch can lock its profiles before it reads anything.

/** Entries of one generation. Two of them are some 15 MB. */
const GENERATION = 30_000

/**
 * A guess from earlier batches, never an answer: what a batch believes is read after the lock. A wrong guess locks a profile for nothing, a
 * missing one costs a second reading. The entries used last stay: when a generation is full, the one before it goes.
 */
export class OwnerMemory {
  #recent = new Map<string, string>()
  #older = new Map<string, string>()

  /** The profile that `key` (an identity's key, or a profile id) led to. */
  recall(key: string): string | undefined {
    const recent = this.#recent.get(key)
    if (recent !== undefined) return recent
    const older = this.#older.get(key)
    if (older !== undefined) this.remember(key, older)
    return older
  }

  remember(key: string, profileId: string): void {
    if (this.#recent.size >= GENERATION) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(key, profileId)
  }
}
