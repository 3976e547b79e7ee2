// The workflow subgraph: graphs, what starts them, and how they ran.
import { isId } from '@segue/database'
import { startSubgraph, type RunningSubgraph, type SubgraphSchema } from '@segue/graphql'
import { SecretBox } from '@segue/secrets'
import { ActivityResolver } from './activity/activity.resolver.js'
import { ConditionResolver } from './condition/condition.resolver.js'
import type { WorkflowConfig } from './config.js'
import { ContactPolicyMutations } from './contact-policy/contact-policy.mutations.js'
import { ContactPolicyResolver } from './contact-policy/contact-policy.resolver.js'
import { DelayedEventMutations } from './delayed-event/delayed-event.mutations.js'
import { DelayedEventResolver, WaitResolver } from './delayed-event/delayed-event.resolver.js'
import { DeliveryMutations } from './delivery/delivery.mutations.js'
import { DeliveryResolver } from './delivery/delivery.resolver.js'
import { DelayedEventsChangedResolver } from './live/delayed-events-changed.js'
import { ResourceMutations } from './resource/resource.mutations.js'
import { ResourceResolver } from './resource/resource.resolver.js'
import { RunMutations } from './run/run.mutations.js'
import { TestRunBudget } from './test-run/test-run-budget.js'
import { TestRunMutations } from './test-run/test-run.mutations.js'
import { DeploymentResolver } from './workflow/deployment.resolver.js'
import { workflowLoaders, type WorkflowLoaders, type WorkflowServices } from './loaders.js'
import { NodeActivityResolver } from './live/node-activity.js'
import { RunUpdatedResolver } from './live/run-updated.js'
import { NodeCatalogueResolver } from './node/node-catalogue.resolver.js'
import { ProfileRunsResolver } from './run/profile-runs.resolver.js'
import { RunResolver } from './run/run.resolver.js'
import { TriggerMutations } from './trigger/trigger.mutations.js'
import { TriggerResolver } from './trigger/trigger.resolver.js'
import { VersionResolver } from './version/version.resolver.js'
import { DeploymentMutations } from './workflow/deployment.mutations.js'
import { WorkflowMutations } from './workflow/workflow.mutations.js'
import { WorkflowResolver } from './workflow/workflow.resolver.js'

export const definition: SubgraphSchema<WorkflowLoaders> = {
  name: 'workflow',
  resolvers: [
    WorkflowResolver,
    WorkflowMutations,
    DeploymentMutations,
    DeploymentResolver,
    ActivityResolver,
    VersionResolver,
    TriggerResolver,
    TriggerMutations,
    RunResolver,
    RunMutations,
    TestRunMutations,
    DelayedEventResolver,
    WaitResolver,
    DelayedEventMutations,
    DeliveryResolver,
    DeliveryMutations,
    ResourceResolver,
    ResourceMutations,
    ContactPolicyResolver,
    ContactPolicyMutations,
    ProfileRunsResolver,
    NodeCatalogueResolver,
    ConditionResolver,
    RunUpdatedResolver,
    NodeActivityResolver,
    DelayedEventsChangedResolver,
  ],
  references: {
    Workflow: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.workflow.load(id) : null),
    WorkflowTrigger: async ({ id }, { loaders }) =>
      typeof id === 'string' && isId(id) ? loaders.trigger.load(id) : null,
    WorkflowRun: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.run.load(id) : null),
    // Whether the profile exists is the profile subgraph's to say.
    Profile: async ({ id }) => (typeof id === 'string' && isId(id) ? { id } : null),
  },
}

/** Starts it. Rejects when its database cannot be reached or its port is taken. */
export function start(config: WorkflowConfig): Promise<RunningSubgraph> {
  const box = config.secretKeys && new SecretBox(config.secretKeys)
  const services: WorkflowServices = {
    sealSecret: box ? (resourceId, secret) => box.encrypt(resourceId, JSON.stringify(secret)) : null,
    testRunBudget: new TestRunBudget(),
  }
  return startSubgraph<WorkflowLoaders>(
    { ...definition, loaders: (database, personal) => workflowLoaders(database, personal, services) },
    config,
  )
}
