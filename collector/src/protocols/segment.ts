// The Segment HTTP API, as its clients and those of compatible systems speak it: /v1/track, /v1/identify, ..., /v1/batch.
import type { IdentityClaim, JsonObject, JsonValue } from '@segue/event-model'
import { MAX_EVENTS } from '../accept.js'
import { contextOf } from '../edge/context.js'
import * as read from '../edge/read.js'
import { parseTime } from '../edge/time.js'
import { Refusal } from '../errors.js'
import type { Channel, Submission, SubmittedEvent } from '../submission.js'

const CHANNELS: readonly Channel[] = ['segment']
/** Limit of the origin's API for one message, in bytes of JSON. */
const MAX_MESSAGE_BYTES = 32 * 1024

/** The calls of the API. */
export type Call = 'identify' | 'track' | 'page' | 'screen' | 'group' | 'alias'
const CALLS: readonly string[] = ['identify', 'track', 'page', 'screen', 'group', 'alias']

/** The write key of a request: user name of basic authorization, else `writeKey` in the body. */
export function writeKeyOf(authorization: string | undefined, body: JsonObject): string {
  const header = basicUser(authorization)
  if (header !== undefined) return header
  const inBody = body['writeKey']
  return typeof inBody === 'string' ? inBody : ''
}

/** The user name of `Authorization: Basic`; undefined when there is none. */
export function basicUser(authorization: string | undefined): string | undefined {
  const match = /^basic\s+([a-z0-9+/=_-]+)\s*$/i.exec(authorization ?? '')
  if (!match?.[1]) return undefined
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? text : text.slice(0, colon)
}

/** Reads one message of a call's own route. */
export function readCall(body: JsonObject, call: Call, writeKey: string, bytes: number): Submission {
  return submission(writeKey, sentAtOf(body), [messageOf(body, call, '', undefined, bytes > MAX_MESSAGE_BYTES)])
}

/** Reads a batch; its context is that of all messages which do not say otherwise. */
export function readBatch(body: JsonObject, writeKey: string, bytes: number): Submission {
  const messages = read.list(body['batch'], 'batch')
  if (!messages || messages.length === 0) throw read.wrong('batch', 'must list at least one message')
  if (messages.length > MAX_EVENTS) throw new Refusal('TOO_MANY_EVENTS', { limit: MAX_EVENTS })
  const context = read.data(body['context'], 'context')
  return submission(
    writeKey,
    sentAtOf(body),
    messages.map((item, index) => {
      const path = `batch[${index}]`
      const message = read.object(item, path)
      const type = message?.['type']
      if (!message || typeof type !== 'string' || !CALLS.includes(type))
        throw read.wrong(`${path}.type`, `must be one of ${CALLS.join(', ')}`)
      return messageOf(message, type as Call, path, context, bytes > MAX_MESSAGE_BYTES)
    }),
  )
}

function submission(writeKey: string, sentAt: number | null, events: SubmittedEvent[]): Submission {
  return {
    source: { writeKey },
    channels: CHANNELS,
    person: { kind: 'silent', profileId: null },
    sentAt,
    debug: false,
    hearsAnswers: false,
    events,
  }
}

function sentAtOf(body: JsonObject): number | null {
  return parseTime(body['sentAt'])
}

function messageOf(
  message: JsonObject,
  call: Call,
  path: string,
  shared: JsonObject | undefined,
  mayBeLarge: boolean,
): SubmittedEvent {
  const at = (name: string): string => (path ? `${path}.${name}` : name)
  if (mayBeLarge && Buffer.byteLength(JSON.stringify(message)) > MAX_MESSAGE_BYTES)
    throw new Refusal('EVENT_TOO_LARGE', { path: path || 'The message', limit: MAX_MESSAGE_BYTES })
  const context = read.data(message['context'], at('context'))
  const clientId = read.text(message['messageId'], at('messageId'), 128)
  const traits = read.data(message['traits'], at('traits'))
  return {
    path,
    ...contentOf(message, call, at, traits),
    context: contextOf(shared && context ? { ...shared, ...context } : (context ?? shared)),
    identities: identitiesOf(message, call, at),
    ...(call === 'identify' && traits ? { traits } : {}),
    time: parseTime(message['timestamp']) ?? parseTime(message['originalTimestamp']),
    ...(clientId === undefined ? {} : { clientId }),
    transient: false,
  }
}

/** Type and properties: `track` has its own event's name, the others are known types. */
function contentOf(
  message: JsonObject,
  call: Call,
  at: (name: string) => string,
  traits: JsonObject | undefined,
): { type: string; properties: JsonObject } {
  const properties = read.data(message['properties'], at('properties')) ?? {}
  switch (call) {
    case 'track': {
      const name = read.text(message['event'], at('event'), 128)?.trim()
      if (!name) throw read.wrong(at('event'), 'is missing')
      return { type: name, properties }
    }
    case 'page':
    case 'screen': {
      const name = read.text(message['name'], at('name'), 500)
      const category = read.text(message['category'], at('category'), 500)
      return {
        type: call === 'page' ? 'page-view' : 'screen-view',
        properties: {
          ...(name === undefined ? {} : { name }),
          ...(category === undefined ? {} : { category }),
          ...properties,
        },
      }
    }
    case 'identify':
      return { type: 'identify', properties: traits ?? {} }
    case 'group': {
      const groupId = read.text(message['groupId'], at('groupId'), 255)
      if (groupId === undefined) throw read.wrong(at('groupId'), 'is missing')
      return { type: 'group', properties: { groupId, ...(traits ? { traits } : {}) } }
    }
    case 'alias': {
      const previousId = read.text(message['previousId'], at('previousId'), 255)
      if (previousId === undefined) throw read.wrong(at('previousId'), 'is missing')
      return { type: 'alias', properties: { previousId } }
    }
  }
}

/**
 * `userId` and `anonymousId` are identities of one profile. An alias's `previousId` is what the person was known by before a user id: an
 * anonymous id. (Two user ids are two people until somebody who may says otherwise.)
 */
function identitiesOf(message: JsonObject, call: Call, at: (name: string) => string): IdentityClaim[] {
  const identities: IdentityClaim[] = []
  const add = (kind: string, value: JsonValue | undefined, name: string): void => {
    const text = read.text(value, at(name), 255)
    if (text !== undefined) identities.push({ kind, value: text })
  }
  add('user', message['userId'], 'userId')
  add('anonymous', message['anonymousId'], 'anonymousId')
  if (identities.length === 0) throw read.wrong(at('userId'), 'or anonymousId must be there')
  if (call === 'alias') add('anonymous', message['previousId'], 'previousId')
  return identities
}
