// Configuration out of the environment: parsed once, with one error that lists everything that is wrong.
import { z } from 'zod'

/** Thrown for a broken configuration; its message is meant for the operator's eyes and holds no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
}

/** Reads `schema` (an object whose keys are variable names) from `environment`. Empty strings count as absent. Throws `ConfigError`. */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: NodeJS.ProcessEnv,
): z.infer<Schema> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const name = issue.path.join('.')
      return name in given
        ? `${name}: ${issue.message}`
        : `${name} is missing: ${schema.shape[name]?.description ?? issue.message}`
    }),
  )
}

/** Variables that every process reads, for `z.object({ ...COMMON_VARIABLES, ... })`. */
export const COMMON_VARIABLES = {
  SEGUE_ENVIRONMENT: z
    .enum(['production', 'staging'])
    .describe('Which environment this process serves: production or staging'),
  SEGUE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('How much is logged: debug, info, warn or error'),
}

/** A port of this machine; 0 takes a free one. */
export const port = (fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().min(0).max(65535).default(fallback)

/** A MySQL URL, mysql://user:password@host:port/database. */
export const mysqlUrl = (description: string): z.ZodString =>
  z
    .string()
    .regex(/^mysql:\/\/[^@]+@[^/]+\/[^/?]+/, 'must look like mysql://user:password@host:3306/database')
    .describe(description)
