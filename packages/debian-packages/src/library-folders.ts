// Where the libraries of an unpacked program lie.
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Every folder below `root` that holds shared libraries: the value of `LD_LIBRARY_PATH` once joined with colons. Some
 * packages put theirs one folder deeper than the loader looks.
 */
export async function libraryFolders(root: string): Promise<string[]> {
  const folders = new Set<string>()
  for (const top of ['usr/lib', 'lib']) {
    for (const architecture of await readdir(join(root, top)).catch(() => [])) {
      if (!architecture.includes('-linux-')) continue
      const folder = join(root, top, architecture)
      folders.add(folder)
      for (const name of await readdir(folder, { recursive: true })) {
        if (/\/lib[^/]*\.so(\.|$)/.test(name)) folders.add(dirname(join(folder, name)))
      }
    }
  }
  return [...folders]
}
