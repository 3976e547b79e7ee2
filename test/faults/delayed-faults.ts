// Faults of schedulers and scheduler workers that need to be caught at the right moment.
import type { DelayedStand } from './delayed-stand.js'
import type { Supervised } from './supervisor.js'

/** A transaction of a scheduler worker that changed more rows resumes runs; one that claims a range changes a few. */
const ROWS_OF_RESUMING = 20

/**
 * SIGSTOP of a scheduler worker that has resumed runs and not heard of its COMMIT, which is held up on its way until the database has given up on the
 * worker's connection. It then believes to have a range, and a batch in it, that is others' by now. The caller thaws it.
 */
export async function freezeWhileResuming(delayed: DelayedStand): Promise<Supervised> {
  const { stand, proxy } = delayed
  if (!proxy) throw new Error('The scheduler workers have no proxy before the database.')
  for (;;) {
    const { clientPort, release } = await proxy.holdNextCommit()
    const services = delayed.services('scheduler-worker')
    const ports = await Promise.all(services.map(({ process }) => process.connectionsTo(proxy.port)))
    const service = services.find((_, i) => ports[i]?.includes(clientPort))
    const port = proxy.behind(clientPort)
    const [transaction] = await stand.rows(
      `SELECT t.trx_rows_modified AS modified FROM information_schema.processlist p
       JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id WHERE p.host LIKE ?`,
      [`%:${port}`],
    )
    if (!service || Number(transaction?.['modified'] ?? 0) < ROWS_OF_RESUMING) {
      release()
      continue
    }
    service.freeze()
    await stand.until('the database has given up on the frozen worker', async () => {
      const rows = await stand.rows('SELECT id FROM information_schema.processlist WHERE host LIKE ?', [`%:${port}`])
      return rows.length === 0
    })
    release()
    return service
  }
}
