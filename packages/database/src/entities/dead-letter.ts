// Table `dead_letter`: an event that failed, with its reason, ready to be replayed.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('dead_letter')
export class DeadLetter {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'source_id', type: 'varchar', length: 64 })
  sourceId!: string

  @Column({ name: 'event_type', type: 'varchar', length: 128 })
  eventType!: string

  @Column({ name: 'received_at', type: 'datetime', precision: 3 })
  receivedAt!: Date

  @Column({ name: 'failed_at', type: 'datetime', precision: 3 })
  failedAt!: Date

  @Column({ name: 'error_code', type: 'varchar', length: 64 })
  errorCode!: string

  @Column({ name: 'error_message', type: 'varchar', length: 2000 })
  errorMessage!: string

  /** The envelope as UTF-8 JSON. */
  @Column({ type: 'mediumblob' })
  body!: Buffer
}
