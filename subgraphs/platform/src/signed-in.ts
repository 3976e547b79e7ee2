// The account behind an operation that needs a right.
import type { SignedInAccount } from '@segue/graphql'

/** The account of the context. Whoever needs a right has one: this throws only where a field states none. */
export function signedIn({ account }: { account: SignedInAccount | undefined }): SignedInAccount {
  if (!account) throw new Error('Nobody is signed in, though the operation needs a right.')
  return account
}
