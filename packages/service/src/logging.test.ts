import { expect, test } from '@jest/globals'
import { withoutValues } from './logging.js'

test('an error of the database is logged without its statement and what its message quotes', () => {
  // As mysql2 throws it.
  const cause = Object.assign(new Error("Duplicate entry 'ann@leak.example' for key 'by_email'"), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sqlState: '23000',
    sqlMessage: "Duplicate entry 'ann@leak.example' for key 'by_email'",
    sql: "INSERT INTO account (email) VALUES ('ann@leak.example')",
  })
  const logged = withoutValues(new Error('The batch failed.', { cause }))
  expect(JSON.stringify(logged)).not.toContain('ann@')
  expect(logged).toMatchObject({
    type: 'Error',
    message: 'The batch failed.',
    stack: expect.arrayContaining([expect.stringMatching(/^ *at /)]),
    cause: { code: 'ER_DUP_ENTRY', stack: expect.arrayContaining([expect.stringMatching(/^ *at /)]) },
  })
})
