// A service as a process of its own: configuration, start, signals, orderly end.
import { ConfigError } from './config.js'

/** What every service's `start` returns. */
export interface Running {
  close(): Promise<void>
}

/** An end that takes longer than this is a hang: better ended from here than by the orchestrator's SIGKILL. */
const CLOSE_MS = 20_000

/**
 * Runs a service until SIGTERM or SIGINT, then closes it. Exit code 0 after an orderly end, 1 when it could not start or close, 2 for a
 * broken configuration.
 */
export async function runProcess<Config>(service: {
  config: (environment: NodeJS.ProcessEnv) => Config
  start: (config: Config) => Promise<Running>
}): Promise<void> {
  let running: Running
  try {
    running = await service.start(service.config(process.env))
  } catch (error) {
    process.stderr.write(`${error instanceof ConfigError ? error.message : describe(error)}\n`)
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(1), CLOSE_MS).unref()
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${describe(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
