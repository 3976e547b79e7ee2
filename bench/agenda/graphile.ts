// A process of the agenda bench: the same no-op jobs with graphile-worker, which needs no Agenda.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

export interface GraphileLoad {
  folder: string
  url: string
  jobs: number
  /** Jobs taken ahead by its local queue; -1 asks the database for each one. */
  localQueueSize: number
}

export interface GraphileResult {
  enqueueSeconds: number
  processSeconds: number
}

/** What is used of graphile-worker, which is not a dependency of the workspace. */
interface GraphileWorker {
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>
    addJobs(jobs: { identifier: string; payload: object }[]): Promise<unknown>
    release(): Promise<void>
  }>
  run(options: object): Promise<{ stop(): Promise<void> }>
  Logger: new (factory: () => () => void) => object
}

process.on('message', (load: GraphileLoad) => {
  void run(load).then((result) => process.send?.(result, () => process.exit(0)))
})
console.log('ready')

async function run({ folder, url, jobs, localQueueSize }: GraphileLoad): Promise<GraphileResult> {
  const path = createRequire(`${folder}/`).resolve('graphile-worker')
  const { default: graphile } = (await import(pathToFileURL(path).href)) as { default: GraphileWorker }
  const logger = new graphile.Logger(() => () => {})
  const utils = await graphile.makeWorkerUtils({ connectionString: url, logger })
  await utils.migrate()
  const beforeEnqueue = performance.now()
  const batch = 500
  for (let first = 0; first < jobs; first += batch) {
    const length = Math.min(batch, jobs - first)
    await utils.addJobs(Array.from({ length }, (_, i) => ({ identifier: 'no_op', payload: { i: first + i } })))
  }
  const beforeProcess = performance.now()
  let done = 0
  let allDone = (): void => {}
  const finished = new Promise<void>((resolve) => (allDone = resolve))
  const queue = localQueueSize > 0 ? { localQueue: { size: localQueueSize }, completeJobBatchDelay: 0 } : {}
  const runner = await graphile.run({
    preset: {
      worker: { connectionString: url, concurrentJobs: 24, maxPoolSize: 25, pollInterval: 2000, logger, ...queue },
    },
    taskList: {
      no_op: async () => {
        if (++done === jobs) allDone()
      },
    },
    noHandleSignals: true,
    logger,
  })
  await finished
  // The end of the last jobs is stored when it has stopped.
  await runner.stop()
  const end = performance.now()
  await utils.release()
  return { enqueueSeconds: (beforeProcess - beforeEnqueue) / 1000, processSeconds: (end - beforeProcess) / 1000 }
}
