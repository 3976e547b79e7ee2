// What a caller of this subgraph can do wrong.
import { userError } from '@segue/graphql'

export const BadCredentials = userError('BAD_CREDENTIALS', 401, 'The e-mail address or the password is wrong.')
export const TooManyAttempts = userError(
  'TOO_MANY_ATTEMPTS',
  429,
  'Too many failed attempts. Try again in {minutes} minutes.',
)
export const NoSession = userError(
  'NO_SESSION',
  401,
  'There is no session to refresh: it has ended, or the browser keeps none. Sign in again.',
)
export const WrongPassword = userError('WRONG_PASSWORD', 403, 'The current password is wrong.')
export const TokenUsed = userError(
  'LINK_ENDED',
  410,
  'This link was used or replaced, or its time is over. Ask an admin for a new one.',
)
export const AccountNotFound = userError('ACCOUNT_NOT_FOUND', 404, 'There is no account {id}.')
export const StaleAccount = userError(
  'STALE_ACCOUNT',
  409,
  'Somebody changed this account since version {version}. Look at it as it is now and save again.',
)
export const EmailTaken = userError('EMAIL_TAKEN', 409, 'An account with this e-mail address exists already.')
export const InvitedMeanwhile = userError(
  'INVITED_MEANWHILE',
  409,
  'Somebody else has just invited this address. Their link counts; invite again to replace it.',
)
export const InvitationNotFound = userError('INVITATION_NOT_FOUND', 404, 'There is no open invitation {id}.')
export const LastAdmin = userError(
  'LAST_ADMIN',
  409,
  'This is the only enabled admin. Make somebody else one first: nobody could undo this.',
)
export const SessionNotFound = userError('SESSION_NOT_FOUND', 404, 'There is no session {id} that you may end.')
export const ApiKeyNotFound = userError('API_KEY_NOT_FOUND', 404, 'There is no API key {id} that you may revoke.')
export const BadApiKey = userError(
  'BAD_API_KEY',
  401,
  'This API key does not count here: it is wrong, revoked, expired or of another environment, or its account is disabled.',
)
export const BadScope = userError('BAD_SCOPE', 400, '{scope} is not a right. The rights are: {rights}.')
export const ScopeNotHeld = userError(
  'SCOPE_NOT_HELD',
  403,
  'A key cannot have the right {scope}: {whose} does not have it.',
)
export const BadExpiry = userError('BAD_EXPIRY', 400, 'A key ends between now and in {days} days.')
export const TooManyKeys = userError(
  'TOO_MANY_API_KEYS',
  409,
  'This account has {most} keys that count. Revoke some first.',
)
