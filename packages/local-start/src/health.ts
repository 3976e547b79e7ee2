// Whether services are ready, asked as an operator's tools would ask: over HTTP.
import { setTimeout as delay } from 'node:timers/promises'

/** A service and where it tells whether it is ready. */
export interface HealthAddress {
  name: string
  url: string
}

/** Undefined when ready, else what is wrong. */
async function whatIsWrong({ url }: HealthAddress): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
    if (response.ok) return undefined
    return `answers ${response.status} ${(await response.text()).slice(0, 200)}`
  } catch (error) {
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message
  }
}

/** Resolves when all are ready; rejects after `seconds`, naming those that are not. */
export async function waitUntilReady(addresses: readonly HealthAddress[], seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  await Promise.all(
    addresses.map(async (address) => {
      for (;;) {
        const wrong = await whatIsWrong(address)
        if (wrong === undefined) return
        if (Date.now() > deadline) throw new Error(`${address.name} is not ready after ${seconds} s: ${wrong}`)
        await delay(50)
      }
    }),
  )
}
