// Table `workflow_version`: an immutable deployed graph.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

@Entity('workflow_version')
export class WorkflowVersion {
  @PrimaryColumn({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @PrimaryColumn({ type: 'int', unsigned: true })
  version!: number

  @Column({ type: 'json' })
  graph!: JsonObject

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'created_by', ...binaryId, nullable: true })
  createdBy!: string | null
}
