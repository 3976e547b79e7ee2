// What workflows remember of profiles: when they were entered, what their nodes keep. Loaded for a batch's profiles, written once.
import { hash } from 'node:crypto'
import type { KnownId } from '@segue/database'

/** Times under one key: milliseconds, earliest first. */
export interface MemoryEntry {
  profile: KnownId
  workflowId: Buffer
  /** '' for the entries into the workflow. */
  nodeId: string
  keyHash: Buffer
  times: readonly number[]
  expiresAt: number | null
  changed: boolean
}

export class Memory {
  readonly #entries = new Map<string, MemoryEntry>()

  /** Puts in what was stored. Of two profiles that became one, both count; `moved`: what was stored with the one that is no more. */
  load(entry: Omit<MemoryEntry, 'changed'>, moved: boolean): void {
    const key = keyOf(entry.profile, entry.workflowId, entry.nodeId, entry.keyHash)
    const known = this.#entries.get(key)
    if (!known) {
      this.#entries.set(key, { ...entry, changed: moved })
      return
    }
    known.times = [...known.times, ...entry.times].sort((a, b) => a - b)
    known.expiresAt = later(known.expiresAt, entry.expiresAt)
    known.changed = true
  }

  recall(profile: KnownId, workflowId: Buffer, nodeId: string, key: string): readonly number[] {
    return this.#entries.get(keyOf(profile, workflowId, nodeId, hashOf(key)))?.times ?? []
  }

  remember(
    profile: KnownId,
    workflowId: Buffer,
    nodeId: string,
    key: string,
    times: readonly number[],
    expiresAt: number | null,
  ): void {
    const keyHash = hashOf(key)
    const entry = { profile, workflowId, nodeId, keyHash, times, expiresAt, changed: true }
    this.#entries.set(keyOf(profile, workflowId, nodeId, keyHash), entry)
  }

  /** What is to be written, in the order of the table's key. */
  changes(): MemoryEntry[] {
    return [...this.#entries.entries()]
      .filter(([, entry]) => entry.changed)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => entry)
  }
}

function keyOf(profile: KnownId, workflowId: Buffer, nodeId: string, keyHash: Buffer): string {
  return `${profile.id} ${workflowId.toString('hex')} ${keyHash.toString('hex')} ${nodeId}`
}

/** Keys are values from events: any length, and personal. */
function hashOf(key: string): Buffer {
  return hash('sha256', key, 'buffer').subarray(0, 16)
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b)
}
