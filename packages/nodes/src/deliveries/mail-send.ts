// Sends a mail to the profile. The delivery worker sends it, and tries again.
import { z } from 'zod'
import { parsePath, type JsonObject, type NewDelivery, type ProfileDraft, type Run } from '@segue/workflow-engine'
import { parseAddress } from '../kit/addresses.js'
import {
  channel,
  consents,
  defineNode,
  leave,
  leavingPorts,
  nodeError,
  resource,
  template,
  wakeLeaving,
  type Template,
} from '../kit/index.js'

const BadAddress = nodeError<{ field: string }>(
  'BAD_ADDRESS',
  'What stands in {field} is not one mail address. Write such as ada@example.com or Ada <ada@example.com>.',
)

const NoAddress = nodeError<Record<string, never>>(
  'NO_ADDRESS',
  'The profile has no mail address at data.contact.email.main. Part such profiles before, or wire "error".',
)

/** Where a mail goes when nothing else is said. */
const MAIN_ADDRESS = parsePath('data.contact.email.main')

/** Longer ones are cut by every mail program. */
const LONGEST_SUBJECT = 500

export const mailSend = defineNode({
  type: 'mail.send',
  title: 'Send mail',
  group: 'Deliveries',
  help: 'Sends a mail, within quiet hours and caps of its channel and only with the consents, as they are at that moment. Values in HTML are escaped.',
  config: z
    .strictObject({
      resource: resource('mail'),
      to: template().optional().meta({ title: 'To, when not the main address of the profile' }),
      from: template().meta({ title: 'From' }),
      replyTo: template().optional().meta({ title: 'Answers to' }),
      subject: template().meta({ title: 'Subject' }),
      text: template().optional().meta({ title: 'Text' }),
      html: template('html').optional().meta({ title: 'HTML' }),
      requiredConsents: consents(),
      channel: channel().default('mail'),
      waitForAnswer: z.boolean().default(true).meta({ title: 'Wait until it is sent' }),
    })
    .refine(({ text, html }) => text !== undefined || html !== undefined, {
      message: 'Write a text, HTML, or both.',
      path: ['text'],
    }),
  ports: (config) => leavingPorts(config, 'sent'),
  waits: true,
  contacts: ({ channel }) => channel,

  run: (run) => leave(run, mail),
  wake: (wake) => wakeLeaving(wake, 'sent', mail),
})

interface MailConfig {
  resource: string
  to?: Template | undefined
  from: Template
  replyTo?: Template | undefined
  subject: Template
  text?: Template | undefined
  html?: Template | undefined
  requiredConsents: string[]
}

function mail({ config, data, profile }: Run<MailConfig>): NewDelivery {
  const request: JsonObject = {
    from: addressIn('from', config.from.render(data)),
    to: addressIn('to', config.to?.render(data) ?? mainAddress(profile)),
    // A line break in it would begin another header.
    subject: config.subject
      .render(data)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, LONGEST_SUBJECT),
  }
  if (config.replyTo) request['replyTo'] = addressIn('replyTo', config.replyTo.render(data))
  if (config.text) request['text'] = config.text.render(data)
  if (config.html) request['html'] = config.html.render(data)
  return { transport: 'mail', resource: config.resource, request, requiredConsents: config.requiredConsents }
}

function mainAddress(profile: ProfileDraft): string {
  const address = typeof MAIN_ADDRESS === 'string' ? undefined : profile.read(MAIN_ADDRESS)
  if (typeof address !== 'string' || address.trim() === '') throw NoAddress({})
  return address
}

/** One address only: a trait that holds a list of them must not turn into a mail to all. */
function addressIn(field: string, text: string): JsonObject {
  const found = parseAddress(text)
  if (!found) throw BadAddress({ field })
  return { name: found.name, address: found.address }
}
