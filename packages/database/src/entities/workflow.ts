// Table `workflow`: a graph that is edited as a draft and deployed as versions.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

@Entity('workflow')
export class Workflow {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ type: 'varchar', length: 2000 })
  description!: string

  @Column({ type: 'boolean' })
  enabled!: boolean

  @Column({ type: 'json' })
  draft!: JsonObject

  /** Raised by each save of the draft. */
  @Column({ name: 'draft_revision', type: 'int', unsigned: true })
  draftRevision!: number

  /** The version that triggers start; null: not deployed. */
  @Column({ name: 'live_version', type: 'int', unsigned: true, nullable: true })
  liveVersion!: number | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date
}
