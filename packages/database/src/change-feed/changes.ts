// What one row of the change feed says: which ids a transaction changed. Columns of ids, since thousands of rows an hour are written for watchers who may not be there.
import { toId } from '../identifier.js'

/** A stored event. `profileId` is the profile that it belongs to after the merges of its own batch; null for nobody. */
export interface ChangedEvent {
  id: string
  type: string
  sourceId: string
  profileId: string | null
  valid: boolean
}

/** How a run stands. */
export type ChangedRunState = 'completed' | 'failed' | 'waiting' | 'cancelled'

/** A run of a workflow. */
export interface ChangedRun {
  id: string
  workflowId: string
  version: number
  state: ChangedRunState
  profileId: string | null
}

/** How often a node of a workflow's version was entered, and how often it failed. One node may come several times: add them. */
export interface NodeCount {
  workflowId: string
  version: number
  nodeId: string
  entered: number
  failed: number
}

/** What a transaction changed. */
export interface Changes {
  events: readonly ChangedEvent[]
  runs: readonly ChangedRun[]
  nodes: readonly NodeCount[]
  /** Profiles that were written. */
  profiles: readonly string[]
  /** Profiles that became aliases of others. */
  merged: readonly { alias: string; profileId: string }[]
  /** Segments that got or lost members, or were changed themselves. */
  segments: readonly string[]
  jobs: readonly string[]
  /** Workflows of which runs began or ceased to wait. */
  waits: readonly string[]
}

/**
 * A row's body. Ids are base64 of 16 bytes each, one after the other; numbers beside them are places in the lists named. Left out: what is empty. Readers pass
 * over names that they do not know.
 */
interface Body {
  /** Ids of all profiles that are mentioned. */
  people?: string
  /** So many of them, the first ones, were written. */
  written?: number
  /** Alias ids, and the profile of each in `people`. */
  aliases?: { ids: string; people: number[] }
  /** For each event its type and its source in the lists, its profile in `people` (-1: nobody); `invalid`: which of the events. */
  events?: {
    ids: string
    types: string[]
    type: number[]
    sources: string[]
    source: number[]
    people: number[]
    invalid: number[]
  }
  /** Ids of workflows with their versions. */
  versions?: [workflowId: string, version: number][]
  /** Completed are those that no list of places names. */
  runs?: {
    ids: string
    version: number[]
    people: number[]
    failed: number[]
    waiting?: number[]
    cancelled?: number[]
  }
  /** [place in `versions`, node, entered, failed] */
  nodes?: [number, string, number, number][]
  segments?: string
  jobs?: string
  /** Ids of workflows. */
  waits?: string
}

/** Things in the order of their first mention, each once. */
class Places<Thing> {
  readonly list: Thing[] = []
  readonly #places = new Map<unknown, number>()

  /** Where it is; `key` tells it from others. */
  of(key: unknown, thing: Thing): number {
    let place = this.#places.get(key)
    if (place === undefined) {
      place = this.list.length
      this.#places.set(key, place)
      this.list.push(thing)
    }
    return place
  }
}

/** An id with its bytes at hand, as the pipeline has them. */
export interface KnownId {
  id: string
  bytes: Buffer
}

/** Writes a row's body, piece by piece. Ids come as bytes: nothing is parsed for a row that nobody may read. */
export class ChangesWriter {
  readonly #body: Body = {}
  readonly #people = new Places<Buffer>()
  readonly #types = new Places<string>()
  readonly #sources = new Places<string>()
  readonly #versions = new Places<[string, number]>()
  readonly #eventIds: Buffer[] = []
  readonly #runIds: Buffer[] = []
  readonly #aliasIds: Buffer[] = []
  readonly #waits = new Places<Buffer>()

  /** Whether there is anything to tell. */
  #something = false

  /** A profile that was written. These come first, before anything that mentions profiles. */
  profile({ id, bytes }: KnownId): void {
    this.#something = true
    this.#body.written = this.#people.of(id, bytes) + 1
  }

  merged(alias: Buffer, into: KnownId): void {
    this.#something = true
    const aliases = (this.#body.aliases ??= { ids: '', people: [] })
    this.#aliasIds.push(alias)
    aliases.people.push(this.#place(into))
  }

  event(id: Buffer, type: string, sourceId: string, profile: KnownId | undefined, valid: boolean): void {
    this.#something = true
    const events = (this.#body.events ??= {
      ids: '',
      types: this.#types.list,
      type: [],
      sources: this.#sources.list,
      source: [],
      people: [],
      invalid: [],
    })
    if (!valid) events.invalid.push(this.#eventIds.length)
    this.#eventIds.push(id)
    events.type.push(this.#types.of(type, type))
    events.source.push(this.#sources.of(sourceId, sourceId))
    events.people.push(this.#place(profile))
  }

  /** Where a version of a workflow is in the lists, for `run` and `node`. */
  version(workflowId: Buffer, version: number): number {
    const id = workflowId.toString('base64')
    return this.#versions.of(`${id} ${version}`, [id, version])
  }

  /** A run that began, went on, or ended. */
  run(id: Buffer, version: number, profile: KnownId | undefined, state: ChangedRunState): void {
    this.#something = true
    const runs = (this.#body.runs ??= { ids: '', version: [], people: [], failed: [] })
    // Most are completed, and cost nothing here.
    if (state !== 'completed') (runs[state] ??= []).push(this.#runIds.length)
    this.#runIds.push(id)
    runs.version.push(version)
    runs.people.push(this.#place(profile))
  }

  node(version: number, nodeId: string, entered: number, failed: number): void {
    this.#something = true
    const nodes = (this.#body.nodes ??= [])
    nodes.push([version, nodeId, entered, failed])
  }

  /** A workflow whose delayed events changed: some were added, ended, or given another time. */
  delayed(workflowId: Buffer): void {
    this.#something = true
    this.#waits.of(workflowId.toString('base64'), workflowId)
  }

  segments(ids: readonly Buffer[]): void {
    this.#something ||= ids.length > 0
    this.#body.segments = base64(ids)
  }

  jobs(ids: readonly Buffer[]): void {
    this.#something ||= ids.length > 0
    this.#body.jobs = base64(ids)
  }

  /** The body as the table keeps it; undefined when there is nothing to tell. */
  finish(): Buffer | undefined {
    if (!this.#something) return undefined
    const body = this.#body
    if (this.#people.list.length > 0) body.people = base64(this.#people.list)
    if (this.#versions.list.length > 0) body.versions = this.#versions.list
    if (body.aliases) body.aliases.ids = base64(this.#aliasIds)
    if (body.events) body.events.ids = base64(this.#eventIds)
    if (body.runs) body.runs.ids = base64(this.#runIds)
    if (this.#waits.list.length > 0) body.waits = base64(this.#waits.list)
    return Buffer.from(JSON.stringify(body))
  }

  #place(profile: KnownId | undefined): number {
    return profile ? this.#people.of(profile.id, profile.bytes) : -1
  }
}

/** Reads a row's body. Throws for what no `ChangesWriter` wrote. */
export function readChanges(row: Buffer): Changes {
  const body = JSON.parse(row.toString()) as Body
  const people = ids(body.people)
  const versions = (body.versions ?? []).map(([id, version]) => ({ workflowId: ids(id)[0] ?? '', version }))
  const person = (place: number | undefined): string | null => people[place ?? -1] ?? null
  const versionAt = (place: number | undefined): { workflowId: string; version: number } => {
    const found = versions[place ?? -1]
    if (!found) throw new Error('A row of the change feed names a version that it does not have.')
    return found
  }
  const { events, runs } = body
  const invalid = new Set(events?.invalid)
  const states = new Map<number, ChangedRunState>()
  for (const state of ['failed', 'waiting', 'cancelled'] as const) {
    for (const place of runs?.[state] ?? []) states.set(place, state)
  }
  return {
    profiles: people.slice(0, body.written ?? 0),
    merged: ids(body.aliases?.ids).flatMap((alias, i) => {
      const profileId = person(body.aliases?.people[i])
      return profileId === null ? [] : [{ alias, profileId }]
    }),
    events: ids(events?.ids).map((id, i) => ({
      id,
      type: events?.types[events.type[i] ?? -1] ?? '',
      sourceId: events?.sources[events.source[i] ?? -1] ?? '',
      profileId: person(events?.people[i]),
      valid: !invalid.has(i),
    })),
    runs: ids(runs?.ids).map((id, i) => ({
      id,
      ...versionAt(runs?.version[i]),
      state: states.get(i) ?? 'completed',
      profileId: person(runs?.people[i]),
    })),
    nodes: (body.nodes ?? []).map(([version, nodeId, entered, failures]) => ({
      ...versionAt(version),
      nodeId,
      entered,
      failed: failures,
    })),
    segments: ids(body.segments),
    jobs: ids(body.jobs),
    waits: ids(body.waits),
  }
}

function base64(list: readonly Buffer[]): string {
  return Buffer.concat(list).toString('base64')
}

function ids(text: string | undefined): string[] {
  if (!text) return []
  const bytes = Buffer.from(text, 'base64')
  return Array.from({ length: bytes.length / 16 }, (_, i) => toId(bytes.subarray(16 * i, 16 * i + 16)))
}
