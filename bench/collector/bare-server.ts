// The limit the collector is measured against: node:http that reads the same bodies, parses them, and answers as much.
import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { profile: { id: string }; session: { id: string } }
    const answer = JSON.stringify({
      task: randomUUID(),
      ux: [],
      response: {},
      events: [],
      profile: { id: body.profile.id },
      session: { id: body.session.id },
      errors: [],
      warnings: [],
    })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
    response.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
})
process.on('SIGTERM', () => process.exit(0))
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0))
