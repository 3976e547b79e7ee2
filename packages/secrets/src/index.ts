// Credentials of resources at rest: encrypted under keys that the database does not have.
export { SecretBox } from './secret-box.js'
export { secretKeys, type SecretKey } from './secret-keys.js'
export { SecretError, SECRET_ERRORS, type SecretErrorCode } from './errors.js'
