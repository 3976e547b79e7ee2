// What a page does to send events: each way that browsers have. Tests call these by name.

/** Sends JSON with fetch, which makes the browser ask first (preflight). Answers status, body and what the page may see. */
async function sendByFetch(url, body, init = {}) {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', 'x-timestamp': String(Date.now()), ...init.headers },
  })
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() }
}

/** The same, packed. */
async function sendPacked(url, body) {
  const packed = new Blob([JSON.stringify(body)]).stream().pipeThrough(new CompressionStream('gzip'))
  return sendByFetch(url, body, {
    body: await new Response(packed).blob(),
    headers: { 'content-encoding': 'gzip' },
  })
}

/** Sends with a beacon, whose answer nobody hears. `type`: of the blob; null sends a text. True when the browser took it. */
function sendByBeacon(url, body, type) {
  const text = JSON.stringify(body)
  return navigator.sendBeacon(url, type === null ? text : new Blob([text], { type }))
}

/** Sends when the page is left, by `keepalive` or by `beacon`. */
function sendWhenLeft(way, url, body) {
  addEventListener('pagehide', () => {
    if (way === 'beacon') sendByBeacon(url, body, 'application/json')
    else void sendByFetch(url, body, { keepalive: true })
  })
}

/** Sends as a first or a returning visitor, and keeps the profile id that is answered. */
async function visit(url, body) {
  const kept = localStorage.getItem('profile')
  const answer = await sendByFetch(url, { ...body, profile: kept === null ? null : { id: kept } })
  localStorage.setItem('profile', answer.body.profile.id)
  return answer.body.profile.id
}

/** Shows an image; answers its width once it is there. */
function showImage(url) {
  return new Promise((resolve, reject) => {
    const image = new Image()
    image.onload = () => resolve(image.naturalWidth)
    image.onerror = () => reject(new Error('the image could not be loaded'))
    image.src = url
  })
}

Object.assign(window, { sendByFetch, sendPacked, sendByBeacon, sendWhenLeft, visit, showImage })
