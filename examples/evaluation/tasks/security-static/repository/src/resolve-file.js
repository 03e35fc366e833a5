import path from 'node:path';

/** The file below `root` that an address such as `/images/a.png` means. */
export function resolveFile(root, address) {
  return path.join(root, address);
}
