/** Modules of Node and packages by the name under which the analysis knows them. */
export function createLibraryNames(): { nameOf(specifier: string): string; uses(text: string, file: string): readonly string[] } {
  const loaded = new Map<string, readonly string[]>();
  return {
    nameOf(specifier) {
      const name = specifier.replace(/^node:/, '');
      return same[name] ?? name;
    },
    uses(text, file) {
      const known = loaded.get(file);
      if (known !== undefined) return known;
      const names = [...text.slice(0, 200_000).matchAll(/(?:require\(|from\s|import\()\s*['"]([^'"\n]{1,100})['"]/g)].map((match) => (match[1] ?? '').replace(/^node:/, ''));
      loaded.set(file, names);
      return names;
    },
  };
}

/** What does the same under another name. */
const same: { readonly [name: string]: string } = {
  'fs/promises': 'fs', 'fs-extra': 'fs', 'graceful-fs': 'fs', 'mz/fs': 'fs', 'fs-promise': 'fs', 'memfs': 'memfs',
  'path/posix': 'path', 'path/win32': 'path', 'upath': 'path', 'pathe': 'path',
  'child_process-promise': 'child_process', 'mz/child_process': 'child_process',
  'lodash.escaperegexp': 'escape-string-regexp', 'lodash/escapeRegExp': 'escape-string-regexp', 'regexp.escape': 'escape-string-regexp',
};
