import { join } from 'node:path';
import { sqliteStore } from '@fw/workflow/sqlite';

/** `<folder> <files> <at>`: opens new files, each in the moment in which the others do, and says what went wrong. */
const [folder = '', files = '', at = ''] = process.argv.slice(2);
const problems: string[] = [];
for (let index = 0; index < Number(files); index++) {
  const moment = Number(at) + index * 15;
  while (Date.now() < moment);
  const store = sqliteStore(join(folder, `${index}.db`));
  await store.get('r').catch((error: Error) => problems.push(error.message));
  await store.close();
}
process.stdout.write(JSON.stringify(problems));
