// What a caller of this subgraph can do wrong.
import { userError } from '@segue/graphql'

export const BadCredentials = userError('BAD_CREDENTIALS', 401, 'The e-mail address or the password is wrong.')
export const TooManyAttempts = userError(
  'TOO_MANY_ATTEMPTS',
  429,
  'Too many failed attempts. Try again in {minutes} minutes.',
)
export const AccountNotFound = userError('ACCOUNT_NOT_FOUND', 404, 'There is no account {id}.')
export const EmailTaken = userError('EMAIL_TAKEN', 409, 'An account with this e-mail address exists already.')
export const LastAdmin = userError(
  'LAST_ADMIN',
  409,
  'This is the only enabled admin. Make somebody else one first: nobody could undo this.',
)
