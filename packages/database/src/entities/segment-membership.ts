// Table `segment_membership`: that a profile is in a segment.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('segment_membership')
export class SegmentMembership {
  @PrimaryColumn({ name: 'segment_id', ...binaryId })
  segmentId!: string

  @PrimaryColumn({ name: 'profile_id', ...binaryId })
  profileId!: string

  @Column({ name: 'original_profile_id', ...binaryId })
  originalProfileId!: string

  @Column({ name: 'entered_at', type: 'datetime', precision: 3 })
  enteredAt!: Date
}
