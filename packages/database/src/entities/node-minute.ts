// Table `node_minute`: how often nodes and runs of a workflow's version did what, by minute.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('node_minute')
export class NodeMinute {
  @PrimaryColumn({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @PrimaryColumn({ type: 'datetime' })
  minute!: Date

  @PrimaryColumn({ type: 'int', unsigned: true })
  version!: number

  /** A node, or `@started`, `@completed`, `@failed`, `@cancelled`, `@goal:NAME` of the runs. */
  @PrimaryColumn({ name: 'node_id', type: 'varchar', length: 120 })
  nodeId!: string

  /** Keeps writers apart; add them up. */
  @PrimaryColumn({ type: 'tinyint', unsigned: true })
  shard!: number

  @Column({ type: 'int', unsigned: true })
  entered!: number

  @Column({ type: 'int', unsigned: true })
  failed!: number
}
