import { posix } from 'node:path';

/** True where a text has the name of a file in it, without its extension; an index goes by the name of its folder. */
export function mentionsFile(text: string, file: string): boolean {
  const name = posix.basename(file).replace(/\.[^/]*$/, '');
  return text.includes(name === 'index' ? posix.basename(posix.dirname(file)) : name);
}
