import { posix } from 'node:path';

/** True where a text has the name of a file in it, without its extension; an index goes by the name of its folder. */
export function mentionsFile(text: string, file: string): boolean {
  return text.includes(nameOf(file));
}

/** True where a text has a path in quotes that ends in the name of a file, as an import of it has. */
export function importsFile(text: string, file: string): boolean {
  const name = nameOf(file).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`/${name}(/index)?(\\.[cm]?[jt]sx?)?["'\`]`).test(text);
}

function nameOf(file: string): string {
  const name = posix.basename(file).replace(/\.[^/]*$/, '');
  return name === 'index' ? posix.basename(posix.dirname(file)) : name;
}
