// The workflow subgraph: graphs, what starts them, and how they ran.
import { isId } from '@segue/database'
import { startSubgraph, type RunningSubgraph, type SubgraphConfig, type SubgraphDefinition } from '@segue/graphql'
import { ConditionResolver } from './condition/condition.resolver.js'
import { workflowLoaders, type WorkflowLoaders } from './loaders.js'
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

export const definition: SubgraphDefinition<WorkflowLoaders> = {
  name: 'workflow',
  resolvers: [
    WorkflowResolver,
    WorkflowMutations,
    DeploymentMutations,
    VersionResolver,
    TriggerResolver,
    TriggerMutations,
    RunResolver,
    ProfileRunsResolver,
    NodeCatalogueResolver,
    ConditionResolver,
    RunUpdatedResolver,
    NodeActivityResolver,
  ],
  references: {
    Workflow: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.workflow.load(id) : null),
    WorkflowTrigger: async ({ id }, { loaders }) =>
      typeof id === 'string' && isId(id) ? loaders.trigger.load(id) : null,
    WorkflowRun: async ({ id }, { loaders }) => (typeof id === 'string' && isId(id) ? loaders.run.load(id) : null),
    // Whether the profile exists is the profile subgraph's to say.
    Profile: async ({ id }) => (typeof id === 'string' && isId(id) ? { id } : null),
  },
  loaders: workflowLoaders,
}

/** Starts it. Rejects when its database cannot be reached or its port is taken. */
export function start(config: SubgraphConfig): Promise<RunningSubgraph> {
  return startSubgraph(definition, config)
}
