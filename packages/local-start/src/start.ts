// `npm start`: makes sure that nothing else runs, brings the house up, and takes it down again when told.
import { mkdir } from 'node:fs/promises'
import { localConfig } from './config.js'
import { localFolders, type Folders } from './folders.js'
import { House } from './house.js'
import { say } from './progress.js'
import { claimRunning, endLeftovers, readRunning, starterLives } from './running.js'

/**
 * Resolves when everything is up; the process then runs until SIGINT, SIGTERM or SIGHUP and ends with 0. Rejects, with
 * everything ended again, when something does not come up.
 */
export async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = localConfig(environment)
  const folders = localFolders(environment)
  await mkdir(folders.logs, { recursive: true })
  await takeOver(folders)
  const house = new House(config, folders)
  const told = endOnSignals(house)
  try {
    await house.up()
  } catch (error) {
    // Told to stop in the middle: the step that was under way failed because of that.
    if (told.toEnd) return
    await house.end()
    throw error
  }
}

/** Makes this the one running start, after cleaning up behind one that was killed. */
async function takeOver(folders: Folders): Promise<void> {
  const earlier = await readRunning(folders)
  if (earlier && earlier.starter !== process.pid && (await starterLives(earlier.starter))) {
    throw new Error(
      [`Segue already runs (process ${earlier.starter}); npm stop ends it.`, ...earlier.summary].join('\n'),
    )
  }
  const left = await endLeftovers(folders, earlier)
  if (left.length > 0) say(`Ended what was left of an earlier start: ${left.join(', ')}.`)
  if (!(await claimRunning(folders, process.pid)))
    throw new Error('Another npm start is beginning at this very moment.')
}

/** The first signal ends everything in order, another one at once. */
function endOnSignals(house: House): { toEnd: boolean } {
  const told = { toEnd: false }
  let first = 0
  const end = (): void => {
    if (told.toEnd) {
      // npm and the terminal may both pass the same Ctrl-C on; only a later one is meant as a second.
      if (Date.now() - first < 1_000) return
      house.kill()
      process.exit(1)
    }
    told.toEnd = true
    first = Date.now()
    say('Stopping ...')
    house.end().then(
      () => {
        say('Segue is stopped.')
        process.exit(0)
      },
      (error: Error) => {
        say(`Not everything ended: ${error.message}`)
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  return told
}
