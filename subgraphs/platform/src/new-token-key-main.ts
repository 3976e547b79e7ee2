// `node subgraphs/platform/dist/new-token-key-main.js`: prints the variables of `newTokenKey`, beside the keys of the environment it runs in.
import { newTokenKey } from './new-token-key.js'

const variables = await newTokenKey(process.env['SEGUE_TOKEN_PUBLIC_KEYS'])
for (const [name, value] of Object.entries(variables)) process.stdout.write(`${name}='${value}'\n`)
