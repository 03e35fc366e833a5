import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The suite that ships as an example. */
export const exampleSuite = fileURLToPath(new URL('../../../examples/evaluation', import.meta.url));

/** Some of its tasks as a suite of its own, in that folder. */
export async function copySuite(folder: string, ...tasks: string[]): Promise<string> {
  const suite = path.join(folder, 'suite');
  await mkdir(path.join(suite, 'tasks'), { recursive: true });
  await cp(path.join(exampleSuite, 'suite.json'), path.join(suite, 'suite.json'));
  for (const task of tasks) await cp(path.join(exampleSuite, 'tasks', task), path.join(suite, 'tasks', task), { recursive: true });
  return suite;
}
