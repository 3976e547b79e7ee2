// What is to happen in simulated time.

/** Things to do, by their time; at the same time in the order in which they were planned. */
export class Agenda {
  readonly #planned: { at: number; act: () => void }[] = []

  plan(at: number, act: () => void): void {
    let index = this.#planned.length
    while (index > 0 && (this.#planned[index - 1]?.at ?? 0) > at) index--
    this.#planned.splice(index, 0, { at, act })
  }

  /** When something is to happen next; Infinity when nothing is. */
  get next(): number {
    return this.#planned[0]?.at ?? Infinity
  }

  take(): (() => void) | undefined {
    return this.#planned.shift()?.act
  }
}
