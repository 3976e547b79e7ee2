// Two collectors take in one stream of events while one of them is killed, their connections are cut behind INSERTs and the database dies.
import { afterEach, expect, test } from '@jest/globals'
import { checkAll } from './check.js'
import { byInsert, CommitProxy } from './commit-proxy.js'
import { killDatabase } from './faults.js'
import { sendToCollectors } from './feed.js'
import { makeScenario } from './scenario.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
let proxy: CommitProxy | undefined
afterEach(async () => {
  await stand?.close()
  await proxy?.close()
})

test('two collectors store each event once, whatever happens to them and to the database', async () => {
  stand = await Stand.start()
  const { collectors } = stand
  proxy = await CommitProxy.start(stand.database.port, byInsert)
  const scenario = makeScenario({ seed: 5, events: 4000, traits: false })
  await stand.startWorkers(3)
  for (let i = 0; i < 2; i++) await stand.startCollector(proxy)
  const urls = (): string[] => collectors.map((collector) => collector.url)
  const send = (from: number, to: number): Promise<void> => sendToCollectors(urls, scenario, from, to)

  proxy.cutAfter(10)
  await send(0, 1000)
  expect(proxy.cuts).toBe(10)

  // Whoever was about to be answered by the killed one sends again, to the other.
  await Promise.all([
    send(1000, 2500),
    stand
      .until('the second part is on its way', async () => ((await stand?.storedEvents()) ?? 0) > 1200)
      .then(async () => {
        await collectors.shift()?.kill9()
        await stand?.startCollector(proxy)
      }),
  ])

  await Promise.all([
    send(2500, Infinity),
    stand
      .until('the third part is on its way', async () => ((await stand?.storedEvents()) ?? 0) > 2700)
      .then(() => (stand ? killDatabase(stand) : undefined)),
  ])

  await stand.untilSettled()
  const findings = await checkAll(stand, scenario)
  expect(findings.notes.slice(0, 20)).toEqual([])
  expect(findings.verdict).toEqual({ lost: 0, doubled: 0, wrong: 0 })
}, 240_000)
