// Compares what carts left in the database with what must be there, worked out from the carts alone.
import { toBytes, toId } from '@segue/database'
import { Findings } from './check.js'
import { branchesOf, CART_WORKFLOW, PATHS, type Branch, type Cart, type DelayedScenario } from './delayed-scenario.js'
import type { Stand } from './stand.js'

/** Checks everything. Call it when nothing waits any more. */
export async function checkDelayed(stand: Stand, scenario: DelayedScenario): Promise<Findings> {
  const findings = new Findings()
  await checkEvents(stand, scenario, findings)
  const branches = await checkRuns(stand, scenario, findings)
  await checkProfiles(stand, scenario, branches, findings)
  await checkCounts(stand, branches, findings)
  for (const table of ['inbox', 'dead_letter', 'delayed_event', 'run_state', 'segment_wait']) {
    const [row] = await stand.rows(`SELECT COUNT(*) AS n FROM ${table}`)
    if (Number(row?.['n']) > 0) findings.note('wrong', `${table} still holds ${row?.['n']} rows`)
  }
  return findings
}

async function checkEvents(stand: Stand, { carts }: DelayedScenario, findings: Findings): Promise<void> {
  const wanted = new Set(
    carts
      .flatMap(({ checkout, filled, checkedOut }) => (checkout === 'never' ? [filled] : [filled, checkedOut]))
      .map(({ type, properties }) => `${type} ${properties['cartId']}`),
  )
  for (const row of await stand.rows('SELECT type, properties FROM event')) {
    const name = `${row['type']} ${JSON.parse(row['properties']).cartId}`
    if (!wanted.delete(name)) findings.note('doubled', `event ${name}`)
  }
  for (const name of wanted) findings.note('lost', `event ${name}`)
}

/** Each cart has one run that went one of its ways to the end. Returns which. */
async function checkRuns(stand: Stand, { carts }: DelayedScenario, findings: Findings): Promise<Map<Cart, Branch>> {
  const wanted = new Map(carts.map((cart) => [cart.filled.eventId, cart]))
  const branches = new Map<Cart, Branch>()
  const rows = await stand.rows(
    `SELECT r.event_id, r.state, r.steps, i.value AS user FROM workflow_run r
     LEFT JOIN profile_identity i ON i.profile_id = r.profile_id AND i.kind = 'user' WHERE r.workflow_id = ?`,
    [toBytes(CART_WORKFLOW.id)],
  )
  for (const row of rows) {
    const id = toId(row['event_id'])
    const cart = wanted.get(id)
    if (!cart) {
      findings.note('doubled', `run of event ${id}`)
      continue
    }
    wanted.delete(id)
    findings.compare(`state of the run of cart ${cart.key}`, row['state'], 'completed')
    findings.compare(`person of the run of cart ${cart.key}`, row['user'], `user-${cart.person}`)
    const steps = JSON.parse(row['steps']) as { nodeId: string; waits?: true }[]
    const path = steps.filter(({ waits }) => !waits).map(({ nodeId }) => nodeId)
    const branch = branchesOf(cart).find((one) => JSON.stringify(PATHS[one]) === JSON.stringify(path))
    if (branch) branches.set(cart, branch)
    else findings.note('wrong', `cart ${cart.key} (${cart.checkout}) went ${path.join(' → ')}`)
  }
  for (const { key, checkout } of wanted.values()) findings.note('lost', `run of cart ${key} (${checkout})`)
  return branches
}

/** A profile's counters are the sums of what its runs did. */
async function checkProfiles(
  stand: Stand,
  { carts }: DelayedScenario,
  branches: Map<Cart, Branch>,
  findings: Findings,
): Promise<void> {
  const wanted = new Map<string, Record<string, number>>()
  for (const cart of carts) {
    const counters = wanted.get(`user-${cart.person}`) ?? {}
    wanted.set(`user-${cart.person}`, counters)
    const branch = branches.get(cart)
    for (const nodeId of branch ? countersOf(branch) : []) counters[nodeId] = (counters[nodeId] ?? 0) + 1
  }
  const rows = await stand.rows(
    `SELECT i.value AS user, p.document FROM profile_identity i JOIN profile p ON p.id = i.profile_id WHERE i.kind = 'user'`,
  )
  for (const row of rows) {
    const counters = wanted.get(row['user'])
    if (!counters) {
      findings.note('doubled', `profile of ${row['user']}`)
      continue
    }
    wanted.delete(row['user'])
    const found = JSON.parse(row['document']).counters ?? {}
    for (const name of new Set([...Object.keys(counters), ...Object.keys(found)]))
      findings.compare(`${name} of ${row['user']}`, found[name] ?? 0, counters[name] ?? 0)
  }
  for (const user of wanted.keys()) findings.note('lost', `profile of ${user}`)
}

/** The nodes of a way that count on the profile. */
function countersOf(branch: Branch): string[] {
  return PATHS[branch].filter((_, i) => i === 2 || i === 4)
}

/** What was counted by minute is what the runs did. */
async function checkCounts(stand: Stand, branches: Map<Cart, Branch>, findings: Findings): Promise<void> {
  const wanted: Record<string, number> = { '@started': branches.size, '@completed': branches.size }
  for (const branch of branches.values()) for (const node of PATHS[branch]) wanted[node] = (wanted[node] ?? 0) + 1
  const rows = await stand.rows(
    'SELECT node_id, SUM(entered) AS entered, SUM(failed) AS failed FROM node_minute WHERE workflow_id = ? GROUP BY node_id',
    [toBytes(CART_WORKFLOW.id)],
  )
  const found = Object.fromEntries(rows.map((row) => [row['node_id'], Number(row['entered'])]))
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(found)]))
    findings.compare(`times that ${name} was counted`, found[name] ?? 0, wanted[name] ?? 0)
  for (const row of rows) findings.compare(`failures counted of ${row['node_id']}`, Number(row['failed']), 0)
}
