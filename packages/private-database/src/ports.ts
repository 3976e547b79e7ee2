// Free TCP ports on loopback.
import { createServer } from 'node:net'

/** Whether a server could listen on 127.0.0.1:`port` now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/**
 * A port that is free now. It lies below the range that the system hands out to outgoing connections (from 32768 on
 * Linux): a client that keeps trying to reach a killed server's port within that range can be given the very port as
 * its own end, connects to itself, and the server can never come back on it. `avoid` are ports meant for somebody else.
 */
export async function freePort(avoid: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 18_000 + Math.floor(Math.random() * 14_000)
    if (!avoid.includes(port) && (await portIsFree(port))) return port
  }
  throw new Error('No free TCP port was found between 18000 and 32000 on 127.0.0.1.')
}
