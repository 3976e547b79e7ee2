// Which workflows look at what is remembered of people.
import type { CompiledWorkflow } from '@segue/workflow-engine'

/** Whether a workflow needs to know what is remembered of a profile: for its rules of entry, or for one of its nodes. */
export function usesMemory({ remembers, settings }: CompiledWorkflow): boolean {
  return remembers || settings.reentry.rule !== 'always'
}
