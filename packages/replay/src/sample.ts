// The part of the real data that comes along: see sample/README.md for where it is from.
import { join } from 'node:path'

/** Path of the sample file. */
export const sampleFile = join(import.meta.dirname, '../sample/online-retail-sample.csv.gz')
