// What is shown when everything is up: where it is and who may sign in.
import { ENVIRONMENTS, type EnvironmentName, type LocalConfig } from './config.js'
import type { EnvironmentSecrets } from './secrets.js'
import type { Prepared } from './prepare.js'
import type { ShownAccount } from './seed/index.js'

/** `firstAdmins` are shown once, on the start that made them; the rest also by `npm start -- --status`. */
export function summaryOf(
  config: LocalConfig,
  prepared: Record<EnvironmentName, Prepared>,
  secrets: Record<EnvironmentName, EnvironmentSecrets>,
): { lines: string[]; firstAdmins: string[] } {
  const lines = ENVIRONMENTS.flatMap((name) => [
    '',
    `${name}`,
    `  collector  http://127.0.0.1:${config.ports[name].collector.port}  (sources: website, webhook, shop with write key ${secrets[name].shopWriteKey}, app with write key ${secrets[name].appWriteKey})`,
    `  GraphQL    http://127.0.0.1:${config.ports[name].gateway.port}/graphql`,
    ...prepared[name].seeded.accounts.demo.map((account) => `  account    ${inWords(account)}`),
  ])
  const firstAdmins = ENVIRONMENTS.flatMap((name) => {
    const { firstAdmin } = prepared[name].seeded.accounts
    return firstAdmin ? [`  ${name}: ${inWords(firstAdmin)}`] : []
  })
  if (firstAdmins.length > 0)
    firstAdmins.unshift('', 'First administrators; note the passwords, they are not shown again:')
  return { lines: [...lines, '', 'Ctrl-C or npm stop ends everything.'], firstAdmins }
}

function inWords({ email, role, password }: ShownAccount): string {
  return `${email} (${role}), password ${password}`
}
