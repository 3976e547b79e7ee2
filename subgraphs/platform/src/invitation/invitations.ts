// Invitations: a link that makes one account, handed over by the admin who asked for it.
import { Account, Invitation } from '@segue/database'
import type { Role } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { MoreThan, type EntityManager } from 'typeorm'
import { createAccount, isDuplicate, mayHandOutLinks, normalizeEmail } from '../account/accounts.js'
import { EmailTaken, InvitedMeanwhile, TokenUsed } from '../errors.js'
import { hashOf, newSecret } from '../secret-token.js'

/** A week: who is invited on a Friday may come back on the Thursday after. */
const INVITATION_MS = 7 * 24 * 60 * 60 * 1000

export interface NewInvitation {
  email: string
  name: string
  role: Role
  personalData: boolean
}

export type MadeInvitation = Omit<Invitation, 'tokenHash'>

/** Invites somebody; an earlier invitation of the address ends. Throws EMAIL_TAKEN and INVITED_MEANWHILE. */
export async function invite(
  tx: EntityManager,
  { email: given, name, role, personalData }: NewInvitation,
  createdBy: string,
): Promise<{ invitation: MadeInvitation; token: string }> {
  const email = normalizeEmail(given)
  if (await tx.getRepository(Account).existsBy({ email })) throw EmailTaken({}, ['input', 'email'])
  const { secret: token, hash: tokenHash } = newSecret()
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + INVITATION_MS)
  const invitation = { id: randomUUID(), email, name: name.trim(), role, personalData, createdBy, createdAt, expiresAt }
  const invitations = tx.getRepository(Invitation)
  const earlier = await invitations.findOneBy({ email })
  if (earlier) await invitations.delete({ id: earlier.id })
  try {
    await invitations.insert({ ...invitation, tokenHash })
  } catch (error) {
    if (isDuplicate(error)) throw InvitedMeanwhile({}, ['input', 'email'])
    throw error
  }
  return { invitation, token }
}

/** Makes the account that the token is for. Throws LINK_ENDED, also when who invited may do so no longer, and EMAIL_TAKEN when somebody has got the address meanwhile. */
export async function acceptInvitation(
  tx: EntityManager,
  token: string,
  { name, password }: { name?: string | null; password: string },
): Promise<Omit<Account, 'passwordHash'>> {
  const invitations = tx.getRepository(Invitation)
  // Two with one token: the second waits here, and then there is none.
  const invitation = await invitations.findOne({
    where: { tokenHash: hashOf(token), expiresAt: MoreThan(new Date()) },
    lock: { mode: 'pessimistic_write' },
  })
  if (!invitation || !(await mayHandOutLinks(tx, invitation.createdBy))) throw TokenUsed({}, ['input', 'token'])
  await invitations.delete({ id: invitation.id })
  const { email, role, personalData } = invitation
  return await createAccount(tx, { email, name: name ?? invitation.name, role, personalData, password })
}
