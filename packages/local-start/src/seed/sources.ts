// Where a new environment's events may come from: one source of each kind that a first try needs.
import { EventSource, hashOfWriteKey } from '@segue/database'
import type { DataSource, DeepPartial } from 'typeorm'
import { SHOP_SOURCE } from '../sample.js'
import type { EnvironmentSecrets } from '../secrets.js'

/** Only an environment without any source gets them. */
export async function seedSources(
  database: DataSource,
  { appWriteKey, shopWriteKey }: Pick<EnvironmentSecrets, 'appWriteKey' | 'shopWriteKey'>,
): Promise<void> {
  const sources = database.getRepository(EventSource)
  if ((await sources.count()) > 0) return
  const now = new Date()
  const rows: DeepPartial<EventSource>[] = [
    {
      id: 'website',
      name: 'Website',
      description: 'Pages with the tracker; anybody may send, nobody is believed.',
      channel: 'tracker',
      trusted: false,
    },
    {
      id: SHOP_SOURCE,
      name: 'Shop',
      description: 'The server of the shop, by the tracker protocol; what it says about customers is believed.',
      channel: 'tracker',
      trusted: true,
      writeKeyHash: hashOfWriteKey(shopWriteKey),
    },
    {
      id: 'app',
      name: 'App',
      description: 'Clients of the Segment HTTP API.',
      channel: 'segment',
      trusted: false,
      writeKeyHash: hashOfWriteKey(appWriteKey),
    },
    {
      id: 'webhook',
      name: 'Webhook',
      description: 'Other systems that post JSON.',
      channel: 'webhook',
      trusted: false,
    },
  ]
  const defaults = {
    enabled: true,
    origins: [],
    synchronous: false,
    answerWithinMs: 2000,
    debuggable: false,
    createdAt: now,
    updatedAt: now,
    version: 1,
  }
  await sources.save(sources.create(rows.map((row) => ({ ...defaults, ...row }))))
}
