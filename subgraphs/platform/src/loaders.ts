// What a request of this subgraph works with.
import { Account, Job } from '@segue/database'
import type { MutationContext, PersonalData, SubgraphContext } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource } from 'typeorm'
import { toJob, type JobNode } from './job/job.js'
import type { PasswordCheck } from './password/password.js'
import type { AccessIssuer } from './sign-in/access.js'
import type { Attempts } from './sign-in/attempts.js'

/** The process's own, which every request shares. */
export interface PlatformServices {
  attempts: Attempts
  checkPassword: PasswordCheck
  issue: AccessIssuer
}

export interface PlatformLoaders extends PlatformServices {
  /** null: no such account. */
  account: DataLoader<string, Account | null>
  /** null: no such job. */
  job: DataLoader<string, JobNode | null>
}

export type PlatformContext = SubgraphContext<PlatformLoaders>
export type PlatformMutationContext = MutationContext<PlatformLoaders>

export function platformLoaders(
  database: DataSource,
  personal: PersonalData,
  services: PlatformServices,
): PlatformLoaders {
  return { ...services, account: accountLoader(database), job: jobLoader(database, personal) }
}

function accountLoader(database: DataSource): PlatformLoaders['account'] {
  return new DataLoader(async (ids) => {
    const accounts = await database.getRepository(Account).findBy({ id: In([...ids]) })
    const found = new Map(accounts.map((account) => [account.id, account]))
    return ids.map((id) => found.get(id) ?? null)
  })
}

function jobLoader(database: DataSource, personal: PersonalData): PlatformLoaders['job'] {
  return new DataLoader(async (ids) => {
    const jobs = await database.getRepository(Job).findBy({ id: In([...ids]) })
    const found = new Map(jobs.map((job) => [job.id, toJob(job, personal)]))
    return ids.map((id) => found.get(id.toLowerCase()) ?? null)
  })
}
