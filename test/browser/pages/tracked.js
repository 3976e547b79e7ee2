// A page that sends what a tracker in use for this protocol sends, request by request as it was seen on the wire: bodies, headers,
// what is kept in the browser and what happens at once. Tests call these by name.

/** What the browser keeps under `name`; made the first time. */
function kept(name, make) {
  const found = localStorage.getItem(name)
  if (found !== null) return found
  const made = make()
  if (made !== null) localStorage.setItem(name, made)
  return made
}

/** An id as visitors make them; `crypto.randomUUID` is there on secure pages only. */
function newId() {
  return URL.createObjectURL(new Blob()).slice(-36)
}

/** One session a visit: a cookie of half an hour. */
function sessionId() {
  const id = /(?:^|; )visit=([^;]+)/.exec(document.cookie)?.[1] ?? newId()
  document.cookie = `visit=${id}; path=/; max-age=1800`
  return id
}

/** A request with events of these `[type, properties]`. What is not known is stated as null. */
function requestOf(source, events) {
  const now = new Date().toISOString()
  const profile = localStorage.getItem('profile')
  const passed = new URLSearchParams(location.search)
  const { userAgent, language } = navigator
  const page = {
    url: location.href,
    path: location.pathname,
    hash: location.hash,
    title: document.title,
    referer: { host: document.referrer === '' ? null : new URL(document.referrer).host, query: null },
    history: { length: history.length },
  }
  return {
    source: { id: source },
    context: {
      time: { local: now, tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
      browser: {
        local: { browser: { name: 'chrome', userAgent, language }, device: { platform: navigator.platform } },
      },
      screen: { local: { width: screen.width, height: screen.height } },
      ...(passed.has('__tr_pid') && {
        tracardi: { pass: { profile: passed.get('__tr_pid'), source: passed.get('__tr_src') } },
      }),
    },
    profile: profile === null ? null : { id: profile },
    device: { id: kept('device', newId) },
    session: { id: sessionId() },
    options: { profile: true },
    events: events.map(([type, properties]) => ({
      time: { create: now },
      properties,
      type,
      options: {},
      context: { page },
    })),
  }
}

/** Sends and answers the profile id of the answer. The header is the clock with the time zone added to it. */
async function sendRequest(url, request) {
  const clock = Date.now() + new Date().getTimezoneOffset() * 60_000
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'x-timestamp': clock },
    body: JSON.stringify(request),
    credentials: 'omit',
  })
  return (await response.json()).profile.id
}

/**
 * A visit: one event is sent at once and the others together, both before anything is known; the page keeps the profile id that the
 * second is answered, unless it has one.
 */
async function visit(url, source, atOnce, together) {
  const requests = [requestOf(source, [atOnce]), requestOf(source, together)]
  const [, answered] = await Promise.all(requests.map((request) => sendRequest(url, request)))
  kept('profile', () => answered)
  return { profile: localStorage.getItem('profile'), answered }
}

/** An event whose answer nobody hears. */
function sendBeaconOf(url, source, event) {
  return navigator.sendBeacon(url, new Blob([JSON.stringify(requestOf(source, [event]))], { type: 'application/json' }))
}

/** Points the page's link at another site, with the visitor handed over. */
function handOverTo(address, source) {
  const link = new URL(address)
  link.searchParams.set('__tr_pid', localStorage.getItem('profile'))
  link.searchParams.set('__tr_src', source)
  document.getElementById('elsewhere').href = link.href
}

Object.assign(window, { visit, sendBeaconOf, handOverTo })
