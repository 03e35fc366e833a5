import { posix } from 'node:path';

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** Which of the known files the relative specifiers of a file lead to, with the extensions that people leave out or write otherwise. */
export function resolveImports<Known>(file: string, specifiers: readonly string[], known: ReadonlyMap<string, Known>): readonly Known[] {
  return specifiers.flatMap((specifier) => {
    if (!/^\.{1,2}(\/|$)/.test(specifier)) return [];
    const path = posix.join(posix.dirname(file), specifier.replace(/[?#].*$/, ''));
    const stem = path.replace(/\.[cm]?jsx?$/, '');
    const found = [path, ...extensions.flatMap((extension) => [stem + extension, path + extension]), ...extensions.map((extension) => `${path}/index${extension}`)].find((candidate) => known.has(candidate));
    return found === undefined ? [] : [known.get(found) as Known];
  });
}
