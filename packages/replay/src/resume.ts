// Where a run stopped, kept in a small file, so that the next run of the same command goes on there.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a run is: the same file (by size and time), to the same place. */
export interface RunIdentity {
  path: string
  url: string
  source: string
}

export interface Bookmark {
  /** Lines that an earlier, interrupted run has sent. */
  lines: number
  /** Notes that so many lines are sent. Calls may overlap; the last one counts. */
  save(lines: number): Promise<void>
  /** The file is sent: nothing to go on with. */
  forget(): Promise<void>
}

/** Finds the bookmark of a run below `folder`. One that cannot be read counts as none: what is sent twice is dropped. */
export async function findBookmark(folder: string, run: RunIdentity): Promise<Bookmark> {
  const { size, mtimeMs } = await stat(run.path)
  const key = JSON.stringify([run.path, size, mtimeMs, run.url, run.source])
  const file = join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.json`)
  let writing = Promise.resolve()
  return {
    lines: await linesIn(file),
    save(lines) {
      writing = writing.then(async () => {
        await mkdir(folder, { recursive: true })
        // Renamed into place: a run that is killed here must not leave half a file.
        await writeFile(`${file}.new`, JSON.stringify({ file: run.path, url: run.url, lines }))
        await rename(`${file}.new`, file)
      })
      return writing
    },
    async forget() {
      await writing
      await rm(file, { force: true })
    },
  }
}

async function linesIn(file: string): Promise<number> {
  try {
    const { lines } = JSON.parse(await readFile(file, 'utf8')) as { lines?: unknown }
    return typeof lines === 'number' && Number.isSafeInteger(lines) && lines > 0 ? lines : 0
  } catch {
    return 0
  }
}
