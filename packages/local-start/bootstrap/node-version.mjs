// The oldest Node that everything here was tried on.
const needed = [20, 20]

/** Throws when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return
  throw new Error(
    `Segue needs Node ${needed.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a current one from https://nodejs.org/ and try again.',
  )
}
