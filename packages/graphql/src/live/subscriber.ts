// One subscription of a client: what it is sent, one message after the other, each when the one before it has left the process.
import type { ExecutionResult, GraphQLError } from 'graphql'
import type { SignedInAccount } from '../rights.js'

type Step = IteratorResult<ExecutionResult, undefined>

/**
 * Written by hand: the iterator of an async generator cannot be ended while it waits. graphql-ws asks for the next message when the socket has taken the last one,
 * so `isWaiting` says whether the client keeps up; nothing is ever queued here.
 */
export class Subscriber implements AsyncIterableIterator<ExecutionResult, undefined> {
  #waiting: { resolve: (step: Step) => void; reject: (error: GraphQLError) => void } | undefined
  #ended: { error: GraphQLError | undefined } | undefined

  constructor(
    readonly account: SignedInAccount,
    /** Why the account may not be told anything any more. */
    private readonly refusal: (account: SignedInAccount) => GraphQLError | undefined,
    private readonly onEnd: (subscriber: Subscriber) => void,
  ) {}

  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  /** Sends a message; only to one that waits. One whose account counts no more is ended instead. */
  send(message: ExecutionResult): void {
    if (!this.check()) return
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({ value: message, done: false })
  }

  /** Ends it when its account counts no more; says whether it goes on. */
  check(): boolean {
    if (this.#ended) return false
    const error = this.refusal(this.account)
    if (error) this.end(error)
    return !error
  }

  /** Ends it, with an error if there is a reason to tell. */
  end(error?: GraphQLError): void {
    if (this.#ended) return
    this.#ended = { error }
    this.onEnd(this)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (error) waiting?.reject(error)
    else waiting?.resolve({ value: undefined, done: true })
    if (waiting) this.#ended.error = undefined
  }

  next(): Promise<Step> {
    if (this.#ended) {
      const { error } = this.#ended
      this.#ended.error = undefined
      return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true })
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  return(): Promise<Step> {
    this.end()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** graphql-ws calls `return` only of what has this too. */
  throw(): Promise<Step> {
    return this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
