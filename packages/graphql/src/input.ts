// Checking arguments: ids, and class-validator's rules as one user error with the place of the mistake.
import { isId } from '@segue/database'
import { Length, Matches, validate, type ValidationError } from 'class-validator'
import { BadId, InvalidInput } from './errors.js'

/** The id in lower case. Throws BAD_ID with the place in the arguments. */
export function readId(value: string, path: readonly string[] = ['id']): string {
  if (!isId(value)) throw BadId({ value: JSON.stringify(value.slice(0, 60)) }, path)
  return value.toLowerCase()
}

/**
 * Checks an input or arguments object by its class-validator decorators, that its texts are texts and that it is not nested too deeply. Throws
 * INVALID_INPUT for the first rule that it breaks.
 */
export async function checkInput(value: unknown, path: readonly string[]): Promise<void> {
  if (typeof value !== 'object' || value === null) return
  refuseWhatIsNoJson(value, path)
  const [error] = await validate(value, { forbidUnknownValues: false, skipMissingProperties: true })
  if (error) throw firstProblem(error, path)
}

/** Levels of objects and lists in an input. MariaDB refuses JSON of more than 32 levels. */
export const MAX_INPUT_DEPTH = 25

/** Half a surrogate pair is no character, and the database refuses it inside JSON. Keys of objects count too. So does it refuse what is too deep. */
function refuseWhatIsNoJson(value: unknown, path: readonly string[], levels = MAX_INPUT_DEPTH): void {
  if (typeof value === 'string' && /\p{Cs}/u.test(value)) {
    throw InvalidInput({ problem: 'The text holds half a surrogate pair, which is no character.' }, path)
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return
  if (levels === 0) {
    throw InvalidInput({ problem: `The input is nested deeper than ${MAX_INPUT_DEPTH} levels.` }, path)
  }
  for (const [key, inner] of Object.entries(value)) {
    refuseWhatIsNoJson(key, path)
    refuseWhatIsNoJson(inner, [...path, key], levels - 1)
  }
}

function firstProblem(error: ValidationError, path: readonly string[]): Error {
  const place = [...path, error.property]
  const [child] = error.children ?? []
  if (child) return firstProblem(child, place)
  const [problem = 'is not valid'] = Object.values(error.constraints ?? {})
  return InvalidInput({ problem: `${problem[0]?.toUpperCase()}${problem.slice(1)}.` }, place)
}

/** On an input's field: a name that people give, of 1 to `longest` characters that are not all blank. */
export function IsName(longest: number): PropertyDecorator {
  return (target, key) => {
    Matches(/\S/, { message: '$property must not be blank' })(target, String(key))
    Length(1, longest)(target, String(key))
  }
}
