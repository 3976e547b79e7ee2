// Known event types of conversations. They fill in contact data that is still missing and identify nobody: an address
// in a message may be either side's.
import { CONTACT_SAMPLE, contactFrom, contactOnProfile, copies, group, type Declaration } from './declare.js'

const CONVERSATION = {
  'data.message.conversation': 'properties.conversation',
  'data.message.type': 'properties.type',
  'data.message.sender': 'properties.sender',
  'data.message.recipient': 'properties.recipient',
}

const TEXT = { 'data.message.text': 'properties.message' }
const ID = { 'data.message.id': 'properties.id' }

/** An event of a conversation that carries the person's contact data. */
function conversation(id: string, name: string, description: string, fields: Record<string, string>): Declaration {
  return {
    id,
    name,
    description,
    sample: {
      ...('data.message.id' in fields ? { id: 'M-1' } : {}),
      conversation: 'T-1',
      type: 'online-message',
      ...('data.message.text' in fields ? { message: 'Is it in stock?' } : {}),
      sender: 'ada',
      recipient: 'shop',
      identity: CONTACT_SAMPLE,
    },
    eventMappings: [...contactFrom('properties.identity'), ...copies({ ...fields, ...CONVERSATION })],
    profileMappings: contactOnProfile('setOnce'),
  }
}

export const MESSAGING_EVENTS = group('messaging', [
  conversation('messaging-started', 'Messaging Started', 'A conversation began.', {}),
  conversation('message-sent', 'Message Sent', 'A message was sent.', { ...ID, ...TEXT }),
  {
    id: 'message-status',
    name: 'Message Status',
    description: 'What became of a message.',
    sample: {
      id: 'M-1',
      conversation: 'T-1',
      type: 'newsletter',
      status: 'bounced',
      error: { message: 'Mailbox full', reason: 'full' },
    },
    eventMappings: copies({
      ...ID,
      'data.message.conversation': 'properties.conversation',
      'data.message.type': 'properties.type',
      'data.message.status': 'properties.status',
      'data.message.error.message': 'properties.error.message',
      'data.message.error.reason': 'properties.error.reason',
    }),
  },
  conversation('message-received', 'Message Received', 'A message came in.', { ...ID, ...TEXT }),
  conversation('message-opened', 'Message Opened', 'A message was opened.', { ...ID, ...TEXT }),
  conversation('messaging-ended', 'Messaging Ended', 'A conversation ended.', TEXT),
])
