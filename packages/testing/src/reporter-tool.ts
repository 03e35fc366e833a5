import { readFile } from 'node:fs/promises';
import type { ResultFolder } from './result-folder.ts';

/** Puts one of our reporters where the command can load it, and gives its path. */
export async function addReporter(folder: ResultFolder, name: `${'jest' | 'mocha' | 'node' | 'playwright' | 'vitest'}-reporter`): Promise<string> {
  // Built, each reporter is one file; as source it imports this one.
  if (fromSource) await folder.addTool('signed-lines.ts', await source('signed-lines.ts'));
  return addScript(folder, name);
}

/** Puts a file of this package where a command can load it, and gives its path; it may import from Node alone. */
export async function addScript(folder: ResultFolder, name: string): Promise<string> {
  return fromSource ? folder.addTool(`${name}.mts`, await source(`${name}.ts`)) : folder.addTool(`${name}.mjs`, await source(`${name}.js`));
}

const fromSource = import.meta.url.endsWith('.ts');

async function source(file: string): Promise<string> {
  return readFile(new URL(`./${file}`, import.meta.url), 'utf8');
}
