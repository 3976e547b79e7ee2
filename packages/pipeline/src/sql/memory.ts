// Reads and writes of what workflows remember of profiles, and of when those were written to.
import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { WorkingProfile } from '../batch.js'
import type { MemoryEntry } from '../runs/memory.js'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'

export interface MemoryRow {
  profileId: Buffer
  workflowId: Buffer
  nodeId: string
  keyHash: Buffer
  times: number[]
  expiresAt: number | null
}

/** What is remembered of locked profiles and not past its time. Index: primary key, by profile. */
export async function selectMemory(tx: Connection, profiles: Buffer[], now: number): Promise<MemoryRow[]> {
  if (profiles.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT profile_id, workflow_id, node_id, key_hash, times, expires_at FROM workflow_memory
     WHERE profile_id IN (?) AND (expires_at IS NULL OR expires_at > ?)`,
    [profiles, new Date(now)],
  )
  return rows.map((row) => ({
    profileId: row['profile_id'],
    workflowId: row['workflow_id'],
    nodeId: row['node_id'],
    keyHash: row['key_hash'],
    times: JSON.parse(row['times']),
    expiresAt: row['expires_at']?.getTime() ?? null,
  }))
}

const MEMORY: InsertStatement = {
  into: 'workflow_memory',
  columns: ['profile_id', 'workflow_id', 'node_id', 'key_hash', 'times', 'expires_at'],
  then: 'ON DUPLICATE KEY UPDATE times = VALUES(times), expires_at = VALUES(expires_at)',
}

/** Stores what changed; profiles are locked. Index: primary key, the only unique one. */
export async function upsertMemory(tx: Connection, entries: MemoryEntry[]): Promise<void> {
  await insertRows(
    tx,
    MEMORY,
    entries.map(({ profile, workflowId, nodeId, keyHash, times, expiresAt }): Cell[] => [
      profile.bytes,
      workflowId,
      nodeId,
      keyHash,
      JSON.stringify(times),
      expiresAt === null ? null : new Date(expiresAt),
    ]),
  )
}

/** What was remembered of profiles that became aliases is with the canonical ones by now. */
export async function deleteMemory(tx: Connection, profiles: Buffer[]): Promise<void> {
  if (profiles.length > 0) await tx.query('DELETE FROM workflow_memory WHERE profile_id IN (?)', [profiles])
}

export interface ContactRow {
  profileId: Buffer
  channel: string
  at: number
}

/** When locked profiles were written to since a time. Index: primary key, by profile. */
export async function selectContacts(tx: Connection, profiles: Buffer[], since: number): Promise<ContactRow[]> {
  if (profiles.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT profile_id, channel, at FROM contact_log WHERE profile_id IN (?) AND at > ?',
    [profiles, new Date(since)],
  )
  return rows.map((row) => ({ profileId: row['profile_id'], channel: row['channel'], at: row['at'].getTime() }))
}

const CONTACTS: InsertStatement = { into: 'contact_log', columns: ['profile_id', 'channel', 'at', 'delivery_id'] }

/** Keeps that profiles are written to. */
export async function insertContacts(
  tx: Connection,
  rows: { profile: WorkingProfile; channel: string; deliveryId: Buffer }[],
  now: number,
): Promise<void> {
  await insertRows(
    tx,
    CONTACTS,
    rows.map((row): Cell[] => [row.profile.bytes, row.channel, new Date(now), row.deliveryId]),
  )
}

/** Contacts of merged profiles count for the canonical one from now on. Index: primary key, by profile. */
export async function moveContacts(tx: Connection, retired: Buffer[]): Promise<void> {
  if (retired.length === 0) return
  await tx.query(
    `UPDATE contact_log c JOIN profile_alias a ON a.alias_id = c.profile_id
     SET c.profile_id = a.profile_id WHERE c.profile_id IN (?)`,
    [retired],
  )
}
