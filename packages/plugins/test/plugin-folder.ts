import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

/** A temporary folder with these files; removed after the test. */
export function temporaryFolder(files: { readonly [path: string]: string | object } = {}): string {
  const folder = makeFolder(files);
  folders.push(folder);
  return folder;
}

/** One for several tests; removed by `removeKeptFolders`. */
export function keptFolder(files: { readonly [path: string]: string | object } = {}): string {
  const folder = makeFolder(files);
  kept.push(folder);
  return folder;
}

export function removeKeptFolders(): void {
  for (const folder of kept.splice(0)) rmSync(folder, { recursive: true, force: true });
}

function makeFolder(files: { readonly [path: string]: string | object }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fw-plugins-')));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** A package.json with a manifest; `changes` replace members of the manifest. */
export function packageJson(id: string, changes: object = {}, rest: object = {}): object {
  return {
    name: `fw-plugin-${id}`, version: '1.2.3', type: 'module', keywords: ['fw-plugin'],
    fw: { manifest: 1, api: '^1.0', id, entry: './index.js', isolation: 'inline', ...changes },
    ...rest,
  };
}

/** The text of an entry whose default export has these members. */
export function entry(members: string): string {
  return `export default { specVersion: 1, ${members} };\n`;
}

const folders: string[] = [];
const kept: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
