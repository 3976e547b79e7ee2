// What leaves the house: how it is sent, where it may go, and what became of it.
export type {
  Transport,
  Outcome,
  Failure,
  Reason,
  OutgoingResource,
  SendOptions,
  JsonObject,
  JsonValue,
} from './transport.js'
export { AddressPolicy, type Resolve } from './address-policy.js'
export { allowedDestinations } from './allowed-destinations.js'
export { createHttpTransport } from './http/http-transport.js'
export { createMailTransport } from './mail/mail-transport.js'
export {
  RESOURCE_SETTINGS,
  DEFAULT_CONCURRENCY,
  checkResource,
  concurrencyOf,
  type ResourceTransport,
} from './resource-settings.js'
