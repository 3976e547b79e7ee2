// Table `personal_field`: a path of profiles (`traits.nickname`) or events (`properties.answer`) that is masked for who may not see personal data.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('personal_field')
export class PersonalField {
  @PrimaryColumn({ type: 'varchar', length: 190 })
  path!: string

  @Column({ name: 'marked_at', type: 'datetime', precision: 3 })
  markedAt!: Date

  /** Which account marked it. */
  @Column({ name: 'marked_by', ...binaryId, nullable: true })
  markedBy!: string | null
}
