// The explorer page: signs in, then shows GraphiQL. The access token stays in this page's memory and ends with it.
/* global React, ReactDOM, GraphiQL, graphqlWs */
const LOGIN = `mutation ExplorerLogin($input: LoginInput!) {
  login(input: $input) { accessToken userErrors { message } }
}`

const signIn = document.getElementById('sign-in')
const form = signIn.querySelector('form')
const problem = document.getElementById('problem')
const explorer = document.getElementById('explorer')
const password = document.getElementById('password')
let accessToken
let root
/** For subscriptions; connects when one is asked for. */
let socket

async function send(request, token) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(request),
  })
  const answer = await response.json()
  const code = answer.errors?.[0]?.extensions?.code
  if (token && response.status === 401)
    showSignIn(code === 'TOKEN_EXPIRED' ? 'Your sign-in has expired.' : 'You are signed out.')
  return answer
}

function showSignIn(reason) {
  accessToken = undefined
  void socket?.dispose()
  problem.textContent = reason
  explorer.hidden = true
  signIn.hidden = false
  password.value = ''
  password.focus()
}

function showExplorer() {
  signIn.hidden = true
  explorer.hidden = false
  root ??= ReactDOM.createRoot(explorer)
  const storage = { getItem: () => null, setItem() {}, removeItem() {}, clear() {}, length: 0 }
  const token = accessToken
  void socket?.dispose()
  socket = graphqlWs.createClient({
    url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${token}` },
  })
  const live = socket
  const fetcher = (request) => (isSubscription(request) ? live.iterate(request) : send(request, token))
  // Another key, another explorer: who signs in next does not see what the one before asked.
  root.render(React.createElement(GraphiQL, { key: accessToken, fetcher, storage, shouldPersistHeaders: false }))
}

/** By the text: GraphiQL's own reading of it lags behind the typing. */
function isSubscription({ query, operationName }) {
  const code = query.replace(/"(?:\\.|[^"\\])*"|#.*/g, '')
  return new RegExp(`(^|\\})\\s*subscription\\b${operationName ? `\\s+${operationName}\\b` : ''}`).test(code)
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  problem.textContent = ''
  try {
    const input = { email: document.getElementById('email').value, password: password.value }
    const { data, errors } = await send({ query: LOGIN, variables: { input }, operationName: 'ExplorerLogin' })
    const token = data?.login?.accessToken
    if (!token) {
      problem.textContent = errors?.[0]?.message ?? data?.login?.userErrors?.[0]?.message ?? 'That did not work.'
      return
    }
    accessToken = token
    password.value = ''
    showExplorer()
  } catch {
    problem.textContent = 'The API does not answer.'
  }
})
