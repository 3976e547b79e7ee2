// Ids of segments as the database keeps them. (@segue/database has the same, with all of TypeORM, which pages that check conditions need not load.)

/** The 16 bytes of a UUID, which has to be one. */
export function toBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
