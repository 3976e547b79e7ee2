// The newest things of a message, by their ids, which begin with the time. What there is no room for is counted.
export class NewestItems<Item extends { id: string }> {
  #items = new Map<string, Item>()
  #skipped = 0

  constructor(private readonly limit: number) {}

  get isEmpty(): boolean {
    return this.#items.size === 0
  }

  /** Adds a thing; one that is there already is replaced. */
  add(item: Item): void {
    this.#items.set(item.id, item)
    // Rarely, so that it costs little a thing.
    if (this.#items.size >= 2 * this.limit) this.#trim()
  }

  /** The newest, oldest first, and how many others there were. */
  read(): { items: readonly Item[]; skipped: number } {
    this.#trim()
    return { items: [...this.#items.values()], skipped: this.#skipped }
  }

  #trim(): void {
    const sorted = [...this.#items.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
    const kept = sorted.slice(-this.limit)
    this.#skipped += sorted.length - kept.length
    this.#items = new Map(kept.map((item) => [item.id, item]))
  }
}
