// A pipeline on a database of its own, for tests: events in, rows out.
import { randomBytes } from 'node:crypto'
import { connect, toId } from '@segue/database'
import { profileIds, type Envelope, type IdentityClaim } from '@segue/event-model'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { v7 } from 'uuid'
import { createMigratedDatabase } from '../../../../test/setup/database.js'
import {
  ConfigurationLoader,
  OwnerMemory,
  ProfilesMoved,
  installBuiltIns,
  moveMerged,
  processBatch,
  type BatchOutcome,
} from '../index.js'

const ids = profileIds(randomBytes(32))

/** An event of a trusted source with a new profile id at hand; what a test cares about is given. */
export function envelope(given: Partial<Envelope> = {}): Envelope {
  const receivedAt = given.receivedAt ?? Date.UTC(2026, 0, 2)
  return {
    v: 1,
    eventId: v7(),
    requestId: v7(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt,
    occurredAt: receivedAt,
    type: 'visited',
    properties: {},
    context: {},
    newProfileId: ids.mint(),
    identities: [],
    ...given,
  }
}

/** `claims({ email: 'a@b.c', user: '1' })`. */
export function claims(values: Record<string, string>): IdentityClaim[] {
  return Object.entries(values).map(([kind, value]) => ({ kind, value }))
}

export const mintId = (): string => ids.mint()

export interface TestPipeline {
  /** Of its database, for what else a test starts on it. */
  url: string
  pool: Pool
  /** Processes one batch in one transaction, trying again as a worker does. */
  process(...envelopes: Envelope[]): Promise<BatchOutcome>
  /** Moves merged profiles' history to its end. */
  moveAll(): Promise<void>
  rows<Row extends object = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>
  /** The canonical profile of an identity, with its document; undefined when nobody has it. */
  profileOf(
    kind: string,
    value: string,
  ): Promise<{ id: string; document: Record<string, Record<string, unknown>> } | undefined>
  close(): Promise<void>
}

/** Database errors after which a worker tries again. */
const RETRIED = new Set([1213, 1205, 1020, 1062])

export async function createTestPipeline(): Promise<TestPipeline> {
  const database = await createMigratedDatabase()
  const pool = connect({ url: database.url, connections: 8 })
  await installBuiltIns(pool)
  const loader = new ConfigurationLoader(pool)
  /** One for all that process at once: guesses are wrong more often than a lane's. */
  const owners = new OwnerMemory()

  async function attempt(envelopes: Envelope[]): Promise<BatchOutcome> {
    const configuration = await loader.load()
    const tx = await pool.getConnection()
    try {
      await tx.beginTransaction()
      const outcome = await processBatch(tx, envelopes, configuration, Date.now(), owners)
      await tx.commit()
      return outcome
    } catch (error) {
      await tx.rollback()
      throw error
    } finally {
      tx.release()
    }
  }

  const pipeline: TestPipeline = {
    url: database.url,
    pool,
    async process(...envelopes) {
      for (;;) {
        try {
          return await attempt(envelopes)
        } catch (error) {
          if (!(error instanceof ProfilesMoved) && !RETRIED.has((error as { errno?: number }).errno ?? 0)) throw error
        }
      }
    },
    async moveAll() {
      const connection = await pool.getConnection()
      while (await moveMerged(connection));
      connection.release()
    },
    async rows<Row extends object>(sql: string, values: unknown[] = []) {
      const [rows] = await pool.query<RowDataPacket[]>(sql, values)
      return rows as Row[]
    },
    async profileOf(kind, value) {
      const [row] = await pipeline.rows<{ id: Buffer; document: string }>(
        'SELECT p.id, p.document FROM profile_identity i JOIN profile p ON p.id = i.profile_id WHERE i.kind = ? AND i.value = ?',
        [kind, value],
      )
      return row && { id: toId(row.id), document: JSON.parse(row.document) }
    },
    async close() {
      await pool.end()
      await database.close()
    },
  }
  return pipeline
}
