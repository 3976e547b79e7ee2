// Which device, system and browser a session runs on: what the client says, else what its user agent tells.
import bowser from 'bowser'
import type { EnvelopeContext, JsonObject } from '@segue/event-model'

export interface Device {
  deviceType: string | null
  deviceModel: string | null
  osName: string | null
  osVersion: string | null
  browserName: string | null
  browserVersion: string | null
}

/** User agents repeat; parsing one takes as long as the rest of an event. Emptied past this many. */
const CACHE_LIMIT = 5000
const cache = new Map<string, Device>()

export function deviceOf(context: EnvelopeContext): Device {
  const agent = context.userAgent ? parseUserAgent(context.userAgent) : UNKNOWN
  return {
    deviceType: text(context.device, 'type') ?? agent.deviceType,
    deviceModel: text(context.device, 'model') ?? text(context.device, 'name') ?? agent.deviceModel,
    osName: text(context.os, 'name') ?? agent.osName,
    osVersion: text(context.os, 'version') ?? agent.osVersion,
    browserName: text(context.browser, 'name') ?? agent.browserName,
    browserVersion: text(context.browser, 'version') ?? agent.browserVersion,
  }
}

const UNKNOWN: Device = {
  deviceType: null,
  deviceModel: null,
  osName: null,
  osVersion: null,
  browserName: null,
  browserVersion: null,
}

function parseUserAgent(userAgent: string): Device {
  let device = cache.get(userAgent)
  if (!device) {
    // The whole of a hostile header is not worth a regular expression's time.
    const { browser, os, platform } = bowser.parse(userAgent.slice(0, 512))
    device = {
      deviceType: platform.type ?? null,
      deviceModel: [platform.vendor, platform.model].filter(Boolean).join(' ') || null,
      osName: os.name ?? null,
      osVersion: os.version ?? null,
      browserName: browser.name ?? null,
      browserVersion: browser.version ?? null,
    }
    if (cache.size >= CACHE_LIMIT) cache.clear()
    cache.set(userAgent, device)
  }
  return device
}

function text(object: JsonObject | undefined, key: string): string | null {
  const value = object?.[key]
  return typeof value === 'string' && value !== '' ? value : null
}
