// Group commit: what is submitted while a write is under way shares the next one.

/** Writes items in batches, one batch at a time, and tells each submitter what became of its own item. */
export class GroupCommit<Item, Result> {
  private waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = []
  private writing: Promise<void> | undefined

  /**
   * `write` gets one or more items and answers a result, or an error, for each, in the same order. When it throws, the
   * items are tried one by one, so that an item that cannot be stored fails alone. `weight` is what an item adds to
   * a statement, in characters.
   */
  constructor(
    private readonly write: (items: Item[]) => Promise<(Result | Error)[]>,
    private readonly weight: (item: Item) => number = () => 0,
  ) {}

  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject })
      this.writing ??= this.writeAll()
    })
  }

  /** Resolves when nothing is waiting and nothing is being written. */
  async idle(): Promise<void> {
    while (this.writing) await this.writing
  }

  private async writeAll(): Promise<void> {
    try {
      // Whatever else this turn of the event loop submits belongs to the first batch already.
      await new Promise((resolve) => setImmediate(resolve))
      while (this.waiting.length > 0) await this.writeBatch(this.takeBatch())
    } finally {
      this.writing = undefined
    }
  }

  private takeBatch(): typeof this.waiting {
    let size = 0
    let characters = 0
    for (const { item } of this.waiting) {
      characters += this.weight(item)
      // Half a thousand rows bring a commit's cost close to nothing a row; a megabyte stays far below every server's max_allowed_packet.
      if (size > 0 && (size >= 500 || characters > 1_000_000)) break
      size++
    }
    return this.waiting.splice(0, size)
  }

  private async writeBatch(batch: typeof this.waiting): Promise<void> {
    try {
      const results = await this.write(batch.map(({ item }) => item))
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index] as Result | Error
        if (result instanceof Error) reject(result)
        else resolve(result)
      })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      else for (const entry of batch) await this.writeBatch([entry])
    }
  }
}
