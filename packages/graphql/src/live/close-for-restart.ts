// How a server that stops takes leave of its sockets.
import type { WebSocket } from 'ws'

/** Of the WebSocket protocol: the service restarts, come again. */
const COME_AGAIN = 1012
/** How long the others are waited for to say good-bye. */
const GOODBYE_MS = 1000

/** Tells the other ends to come again. Resolves when all sockets are closed; who does not answer in time is cut off. */
export async function closeForRestart(sockets: Iterable<WebSocket>): Promise<void> {
  const open = [...sockets]
  const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  for (const socket of open) socket.close(COME_AGAIN, 'Come again')
  const impatience = setTimeout(() => open.forEach((socket) => socket.terminate()), GOODBYE_MS)
  await Promise.all(closed)
  clearTimeout(impatience)
}
