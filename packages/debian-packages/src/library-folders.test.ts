// Where the loader is told to look for what an unpacked program needs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { libraryFolders } from './index.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'library-folders-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('every folder with shared libraries is found, however deep, and no other', async () => {
  for (const file of [
    'usr/lib/x86_64-linux-gnu/libone.so.1',
    'usr/lib/x86_64-linux-gnu/sound/libtwo-16.1.so',
    'usr/lib/x86_64-linux-gnu/data/notes.txt',
    'lib/x86_64-linux-gnu/libthree.so.0.1',
    'usr/lib/program/libown.so',
  ]) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), '')
  }
  expect(await libraryFolders(root)).toEqual([
    join(root, 'usr/lib/x86_64-linux-gnu'),
    join(root, 'usr/lib/x86_64-linux-gnu/sound'),
    join(root, 'lib/x86_64-linux-gnu'),
  ])
})

test('a folder with nothing unpacked in it has none', async () => {
  expect(await libraryFolders(root)).toEqual([])
})
