// Bodies as a returning visitor's browser sends them: one event, about a kilobyte.
import { randomUUID } from 'node:crypto'

/** One body a profile id. */
export function trackBodies({ source, profileIds }: { source: string; profileIds: readonly string[] }): string[] {
  return profileIds.map((profileId, index) =>
    JSON.stringify({
      source: { id: source },
      session: { id: randomUUID() },
      profile: { id: profileId },
      device: { id: randomUUID() },
      context: {
        time: { local: '2025-03-04T10:11:12.000Z', tz: 'Europe/Warsaw' },
        page: {
          url: `https://shop.example/lanterns/${index}`,
          path: `/lanterns/${index}`,
          hash: '',
          title: 'Lanterns, candles and more: the shop for long evenings',
          referer: { host: null, query: null },
          history: { length: 4 },
        },
        screen: { width: 1920, height: 1080, innerWidth: 1600, innerHeight: 900, availWidth: 1920, pixelDepth: 24 },
        browser: {
          local: {
            browser: { name: 'Chrome', engine: 'Blink', language: 'en-GB', cookiesEnabled: true, onLine: true },
            device: { platform: 'Linux x86_64' },
          },
        },
      },
      events: [
        {
          id: randomUUID(),
          type: 'product-added-to-basket',
          time: { create: '2025-03-04T10:11:12.000Z' },
          properties: {
            id: `P-${index}`,
            name: 'White hanging heart T-light holder',
            sku: '85123A',
            category: 'Home',
            price: 2.55,
            quantity: 6,
          },
          tags: [],
        },
      ],
      options: { saveSession: true, saveEvents: true },
    }),
  )
}
