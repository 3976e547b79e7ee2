// The load generator: keep-alive connections that each send the next request when the former is answered. As little work a request as possible,
// since it shares the machine with what it measures.
import { connect } from 'node:net'

export interface LoadOrder {
  url: string
  /** One for all bodies, or one a body. */
  path: string | string[]
  bodies: string[]
  connections: number
  seconds: number
  headers?: Record<string, string>
  /** How many requests may be sent beyond those that the measuring process said are finished; by default any number. */
  ahead?: number
}

/** Sent now and then by the measuring process when the order has `ahead`. */
export interface LoadProgress {
  /** Requests whose work is done. */
  finished: number
}

export interface LoadResult {
  perSecond: number
  /** Answers altogether. */
  answers: number
  /** Milliseconds. */
  p50: number
  p99: number
  max: number
  /** Answers other than 200. */
  failed: number
}

process.once('message', (order: LoadOrder) => {
  void generate(order).then((result) => process.send?.(result, () => process.exit(0)))
})
process.on('disconnect', () => process.exit(1))
console.log('ready')

async function generate(order: LoadOrder): Promise<LoadResult> {
  const { url, path, bodies, connections, seconds, headers = {}, ahead = Infinity } = order
  const { hostname, port, host } = new URL(url)
  const others = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const requests = bodies.map((body, index) =>
    Buffer.from(
      `POST ${typeof path === 'string' ? path : path[index]} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n` +
        `Origin: https://shop.example\r\n${others.join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
  const latencies: number[] = []
  let failed = 0
  let next = 0
  let finished = 0
  let held: (() => void)[] = []
  process.on('message', (progress: LoadProgress) => {
    finished = progress.finished
    const released = held
    held = []
    for (const send of released) send()
  })
  const began = performance.now()
  const end = began + seconds * 1000
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: hostname, port: Number(port), noDelay: true })
          let sent = 0
          const send = (): void => {
            if (performance.now() >= end) {
              socket.destroy()
              return resolve()
            }
            if (next - finished >= ahead) return void held.push(send)
            sent = performance.now()
            const request = requests[next++ % requests.length]
            if (request) socket.write(request)
          }
          let answer = ''
          socket.on('connect', send)
          socket.on('error', reject)
          socket.on('data', (chunk) => {
            answer = answer === '' ? chunk.toString('latin1') : answer + chunk.toString('latin1')
            if (!complete(answer)) return
            latencies.push(performance.now() - sent)
            if (!answer.startsWith('HTTP/1.1 200')) failed += 1
            answer = ''
            send()
          })
        }),
    ),
  )
  const took = (performance.now() - began) / 1000
  const sorted = Float64Array.from(latencies).sort()
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  return { perSecond: sorted.length / took, answers: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), failed }
}

/** Whether an answer is there as a whole: as long as it says, or to its last chunk. */
function complete(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n')
  if (head === -1) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)
  if (!length) return answer.endsWith('\r\n0\r\n\r\n')
  return answer.length >= head + 4 + Number(length[1])
}
