// The command line of `npm run replay`, and the addresses where a local start listens.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ReplayError } from './errors.js'
import { sampleFile } from './sample.js'

/** Command and place of a run, as the process was started. */
export interface Invocation {
  args: string[]
  environment: NodeJS.ProcessEnv
  /** Where the command was given: file names are relative to it. */
  folder: string
}

export interface Arguments {
  path: string
  url: string
  source: string
  /** Of the source, when it is given. */
  writeKey: string | undefined
  /** The local environment that gets it; undefined when `--url` names a collector. */
  localEnvironment: 'production' | 'staging' | undefined
  rate: number
  limit: number
  fromStart: boolean
}

const USAGE = `Usage: npm run replay -- [FILE] [options]

Sends a retail file (.csv or .csv.gz, columns InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country)
through the collector, as a shop's server would. Without FILE: the one that SEGUE_DATA names, or the small sample that comes along.
What was sent before is not stored twice, so a run can be repeated; one that was interrupted goes on where it stopped.

  --environment NAME   production (the default) or staging
  --url URL            of the collector; default: where npm start has it
  --rate N             at most N events a second
  --limit N            only the first N lines of the file
  --source ID          a trusted event source of channel tracker; default: shop
  --key KEY            its write key, also by SEGUE_WRITE_KEY; default: the one that npm start gave its shop
  --from-start         all from the first line on, also after an interrupted run`

/** Ports at which a local start listens unless told otherwise, and their distance from SEGUE_PORT_BASE. */
const COLLECTORS = {
  production: { variable: 'SEGUE_PRODUCTION_COLLECTOR_PORT', port: 8080, offset: 0 },
  staging: { variable: 'SEGUE_STAGING_COLLECTOR_PORT', port: 8081, offset: 1 },
} as const

/** Throws `ReplayError` with what is wrong and the usage. */
export function readArguments({ args, environment, folder }: Invocation): Arguments {
  const { values, positionals } = parse(args)
  const name = values.environment ?? 'production'
  if (name !== 'production' && name !== 'staging') throw usage('--environment must be production or staging.')
  if (positionals.length > 1) throw usage('One file at a time.')
  const path = resolve(folder, positionals[0] ?? environment['SEGUE_DATA'] ?? sampleFile)
  if (!existsSync(path)) throw new ReplayError('FILE_NOT_READABLE', `There is no file ${path}.`)
  return {
    path,
    url: urlOf(values.url ?? `http://127.0.0.1:${portOf(COLLECTORS[name], environment)}`),
    source: values.source ?? 'shop',
    writeKey: values.key ?? environment['SEGUE_WRITE_KEY'],
    localEnvironment: values.url === undefined ? name : undefined,
    rate: number('--rate', values.rate),
    limit: number('--limit', values.limit),
    fromStart: values['from-start'] ?? false,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        environment: { type: 'string' },
        url: { type: 'string' },
        rate: { type: 'string' },
        limit: { type: 'string' },
        source: { type: 'string' },
        key: { type: 'string' },
        'from-start': { type: 'boolean' },
      },
    })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error))
  }
}

function number(option: string, text: string | undefined): number {
  if (text === undefined) return Infinity
  const value = Number(text)
  if (!(value > 0)) throw usage(`${option} must be a number above 0.`)
  return value
}

function urlOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw usage('--url must look like http://127.0.0.1:8080.')
  return new URL(text).origin
}

function portOf(
  { variable, port, offset }: (typeof COLLECTORS)['production' | 'staging'],
  environment: NodeJS.ProcessEnv,
): number {
  const single = environment[variable]
  if (single) return Number(single)
  const base = environment['SEGUE_PORT_BASE']
  return base ? Number(base) + offset : port
}

function usage(problem: string): ReplayError {
  return new ReplayError('USAGE', `${problem}\n\n${USAGE}`)
}
