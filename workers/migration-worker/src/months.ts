// Months as partitions: their names, and the first UUIDv7 of each.

/** Tables partitioned by the time in a UUIDv7, and which retention counts for them: changes are told longer than events are kept. */
export const PARTITIONED_TABLES = {
  event: 'events',
  workflow_run: 'events',
  activity: 'events',
  audit_entry: 'audit',
} as const

/** How many whole months are kept; undefined: all. */
export type Retention = Record<(typeof PARTITIONED_TABLES)[keyof typeof PARTITIONED_TABLES], number | undefined>

/** A month, counted from 0000-01: `year * 12 + month`. */
export type Month = number

export function monthOf(time: number): Month {
  const date = new Date(time)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** `p202611` for November 2026. */
export function partitionName(month: Month): string {
  return `p${Math.floor(month / 12)}${String((month % 12) + 1).padStart(2, '0')}`
}

/** The month of a partition's name; undefined for others such as `p_later`. */
export function monthOfPartition(name: string): Month | undefined {
  const match = /^p(\d{4})(\d{2})$/.exec(name)
  return match ? Number(match[1]) * 12 + Number(match[2]) - 1 : undefined
}

/** The least UUIDv7 whose time is in the month: the exclusive upper bound of the month before. RFC 9562, 48 bits of milliseconds first. */
export function firstIdOf(month: Month): Buffer {
  const id = Buffer.alloc(16)
  id.writeUIntBE(Date.UTC(Math.floor(month / 12), month % 12, 1), 0, 6)
  return id
}
