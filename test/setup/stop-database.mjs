// After the last suite: ends the run's database and deletes its files. A run that is interrupted does not get here;
// the database then ends by itself (packages/private-database holds it on a leash).
export default async function stopDatabase() {
  await globalThis.segueTestDatabase?.close()
}
