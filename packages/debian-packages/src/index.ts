// The public surface: unpack a program with the libraries that this machine lacks, find those libraries, run programs.
export { canUnpackPackages, unpackProgram, type UnpackOptions } from './unpack.js'
export { libraryFolders } from './library-folders.js'
export { runCommand } from './run-command.js'
