import { readFile } from 'node:fs/promises';
import type { ResultFolder } from './result-folder.ts';

/** Puts one of our reporters where the command can load it, and gives its path. */
export async function addReporter(folder: ResultFolder, name: `${'jest' | 'mocha' | 'node' | 'playwright' | 'vitest'}-reporter`): Promise<string> {
  const fromSource = import.meta.url.endsWith('.ts');
  // Built, each reporter is one file; as source it imports this one.
  if (fromSource) await folder.addTool('signed-lines.ts', await source('signed-lines.ts'));
  return folder.addTool(fromSource ? `${name}.mts` : `${name}.mjs`, await source(fromSource ? `${name}.ts` : `${name}.js`));
}

async function source(file: string): Promise<string> {
  return readFile(new URL(`./${file}`, import.meta.url), 'utf8');
}
