// Table `profile_alias`: an id that a merge retired; it answers forever.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('profile_alias')
export class ProfileAlias {
  @PrimaryColumn({ name: 'alias_id', ...binaryId })
  aliasId!: string

  @Column({ name: 'profile_id', ...binaryId })
  profileId!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
