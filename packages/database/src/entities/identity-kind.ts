// Table `identity_kind`: rules of one kind of identity (meanings: @segue/event-model).
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('identity_kind')
export class IdentityKindRow {
  @PrimaryColumn({ type: 'varchar', length: 32 })
  kind!: string

  @Column({ type: 'enum', enum: ['trim', 'lower', 'email', 'phone'] })
  normalization!: 'trim' | 'lower' | 'email' | 'phone'

  @Column({ name: 'one_per_profile', type: 'boolean' })
  onePerProfile!: boolean

  @Column({ name: 'may_merge', type: 'boolean' })
  mayMerge!: boolean

  @Column({ name: 'trusted_only', type: 'boolean' })
  trustedOnly!: boolean

  @Column({ type: 'boolean' })
  movable!: boolean

  @Column({ type: 'boolean' })
  identifies!: boolean

  @Column({ type: 'int', unsigned: true })
  strength!: number
}
