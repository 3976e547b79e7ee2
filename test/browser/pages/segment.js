// A page with Segment's own client for browsers, pointed at a collector. Tests call these by name.
/* global AnalyticsNext */

let analytics

/** Starts the client. `url`: of the collector; `batching`: collect events and send them together. */
async function startAnalytics(url, writeKey, batching) {
  const { host, protocol } = new URL(url)
  const deliveryStrategy = batching ? { strategy: 'batching', config: { size: 100, timeout: 600_000 } } : undefined
  const segment = { apiKey: writeKey, apiHost: `${host}/v1`, protocol: protocol.replace(':', ''), deliveryStrategy }
  const [started] = await AnalyticsNext.AnalyticsBrowser.load({
    writeKey,
    cdnSettings: { integrations: { 'Segment.io': segment } },
  })
  analytics = started
  return analytics.user().anonymousId()
}

/** Calls one of the client's methods: `page`, `identify`, `track`, `group`, `alias`, `reset`. */
async function callAnalytics(method, ...args) {
  await analytics[method](...args)
}

Object.assign(window, { startAnalytics, callAnalytics })
