// `npm stop`: ends everything that `npm start` started, also when the starter itself was killed.
import { localFolders } from './folders.js'
import { say } from './progress.js'
import { endLeftovers, endProcess, readRunning, starterLives } from './running.js'

export async function stop(environment: NodeJS.ProcessEnv): Promise<void> {
  const folders = localFolders(environment)
  const running = await readRunning(folders)
  if (running && (await starterLives(running.starter))) {
    say(`Stopping Segue (process ${running.starter}) ...`)
    await endProcess(running.starter, 'local-start')
  }
  // Normally nothing is left; after a starter that was killed, its processes are ended here.
  const left = await endLeftovers(folders, running)
  if (left.length > 0) say(`Ended what was left of an earlier start: ${left.join(', ')}.`)
  say(running || left.length > 0 ? 'Segue is stopped.' : 'Segue was not running.')
}
