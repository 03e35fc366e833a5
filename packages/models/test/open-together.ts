import { join } from 'node:path';
import { sqliteLedger } from '../src/sqlite.ts';

/** `<folder> <files> <at>`: opens new files, each in the moment in which the others do, and says what went wrong. */
const [folder = '', files = '', at = ''] = process.argv.slice(2);
const problems: string[] = [];
for (let index = 0; index < Number(files); index++) {
  const moment = Number(at) + index * 15;
  while (Date.now() < moment);
  try {
    sqliteLedger(join(folder, `${index}.db`)).close();
  } catch (error) {
    problems.push((error as Error).message);
  }
}
process.stdout.write(JSON.stringify(problems));
