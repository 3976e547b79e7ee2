// The explorer page in a browser: signs in, shows GraphiQL, asks nobody else, keeps nothing.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { FIRST_TIME_MS, startBrowser } from '../browser/browser.js'
import { ADMIN, startEnvironment } from './environment.js'
import { startLightGateway, type LightGateway } from './light-gateway.js'

let browser: Browser
let light: LightGateway

beforeAll(async () => {
  browser = await startBrowser()
  light = await startLightGateway('staging', ({ query }) =>
    query.includes('login')
      ? { login: { accessToken: light.signIn.tokens.viewer, userErrors: [] } }
      : { segments: { edges: [{ node: { name: 'From the API' } }] } },
  )
}, FIRST_TIME_MS)
afterAll(async () => {
  await browser?.close()
  await light?.close()
})

test('whoever signs in can look at the schema and ask', async () => {
  const page = await browser.newPage()
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  const { origin } = new URL(light.gateway.url)
  await page.goto(origin)
  expect(await page.locator('.graphiql-container').count()).toBe(0)
  await page.fill('#email', 'ann@example.com')
  await page.fill('#password', 'correct horse battery')
  const introspected = page.waitForResponse(
    (response) => response.request().postData()?.includes('IntrospectionQuery') ?? false,
  )
  await page.click('button[type=submit]')
  await page.waitForSelector('.graphiql-container')
  expect(((await (await introspected).json()) as { data: object }).data).toHaveProperty('__schema')
  await page.locator('.graphiql-query-editor .CodeMirror').click()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText('{ segments { edges { node { name } } } }')
  await page.locator('.graphiql-execute-button').click()
  await page.locator('.result-window', { hasText: 'From the API' }).waitFor()
  expect(complaints).toEqual([])
  // What is inside the page itself, as its icons, is nobody else's.
  expect(asked.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([])
  const kept = JSON.stringify(await page.context().storageState())
  expect(kept).not.toContain(light.signIn.tokens.viewer)
  expect(await page.inputValue('#password')).toBe('')
  await page.close()
})

test('whoever signs in can watch', async () => {
  const staging = await startEnvironment('staging')
  const page = await browser.newPage()
  try {
    await page.goto(new URL(staging.gateway.url).origin)
    await page.fill('#email', ADMIN.email)
    await page.fill('#password', ADMIN.password)
    const introspected = page.waitForResponse(
      (response) => response.request().postData()?.includes('__schema') ?? false,
    )
    await page.click('button[type=submit]')
    await introspected
    await page.locator('.graphiql-query-editor .CodeMirror').click()
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText('subscription { jobProgress { missed } }')
    await page.locator('.graphiql-execute-button').click()
    await page.locator('.result-window', { hasText: '"missed": false' }).waitFor()
  } finally {
    await page.close()
    await staging.close()
  }
}, 120_000)
