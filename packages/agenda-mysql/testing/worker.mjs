// A process with an Agenda in it, for tests that kill, freeze and shift processes. It tells its parent what its jobs do, and a job
// whose data says so goes on until the parent says `finish`.
import { register } from 'node:module'
import { Agenda } from 'agenda'

register('../../../test/faults/typescript-loader.mjs', import.meta.url)
const { MySqlBackend } = await import('../src/index.ts')

const { url, name, lockLifetime = 60_000, every, start = true, job } = JSON.parse(process.env.WORKER)
const agenda = new Agenda({ backend: new MySqlBackend({ connectionString: url }), name, processEvery: 50 })
agenda.on('error', (error) => process.send({ error: error.message }))
let finish
const finished = new Promise((resolve) => (finish = resolve))
agenda.define(
  'work',
  async (job) => {
    process.send({ started: String(job.attrs._id) })
    if (job.attrs.data?.untilTold) await finished
    if (job.attrs.data?.failIn === name) throw new Error(`failed in ${name}`)
  },
  { lockLifetime },
)
agenda.on('complete:work', (job) => process.send({ completed: String(job.attrs._id) }))
agenda.on('success:work', () => process.send({ succeeded: true }))
process.on('message', (message) => {
  if (message === 'finish') finish()
  if (message === 'stop') void agenda.stop().then(() => process.disconnect())
})
await agenda.ready
if (every) await agenda.every(every, 'work')
if (job) await agenda.now('work', job)
if (start) await agenda.start()
process.send({ ready: true })
