// A profile that somebody watches, through the merges it goes through meanwhile.
import { resolveAliases, type Changes, type Database } from '@segue/database'

export class WatchedProfile {
  readonly #ids: Set<string>

  constructor(ids: Iterable<string>) {
    this.#ids = new Set(ids)
  }

  has(id: string | null): boolean {
    return id !== null && this.#ids.has(id)
  }

  /** Whether it was written or merged; what it was merged into is watched from then on. */
  sees({ profiles, merged }: Changes): boolean {
    let isSeen = false
    for (const { alias, profileId } of merged) {
      if (this.#ids.has(alias)) this.#ids.add(profileId)
      isSeen ||= this.#ids.has(profileId)
    }
    return isSeen || profiles.some((id) => this.#ids.has(id))
  }
}

/** Watches a profile by its id, which may be retired. */
export async function watchedProfile(database: Database, id: string): Promise<WatchedProfile> {
  return new WatchedProfile([id.toLowerCase(), ...(await resolveAliases(database, [id]))])
}
