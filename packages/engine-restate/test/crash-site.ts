import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRestateEngine } from '@fw/engine-restate';
import type { RestateAddress } from '@fw/engine-restate';
import { freePorts } from '@fw/engine-restate/server';
import type { JournalStore } from '@fw/workflow';
import type { OpenCrashSite } from '@fw/workflow/conformance';
import { sqliteStore } from '@fw/workflow/sqlite';

/** Opens the engine in each process of a crash trial; the process of the tests only looks, so it serves nothing. */
const openSite: OpenCrashSite = async ({ directory, agents, host, onCommit, onRelease }) => {
  const store = sqliteStore(`${directory}/journal.db`);
  const telling: JournalStore = {
    ...store,
    async append(run, token, entry) {
      await store.append(run, token, entry);
      onCommit();
    },
    async release(...release) {
      await store.release(...release);
      onRelease();
    },
  };
  const engine = createRestateEngine({
    store: telling, agents, host, restate: JSON.parse(process.env['FW_TEST_RESTATE']!) as RestateAddress,
    service: `crash${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`,
    worker: process.argv.includes('start') || process.argv.includes('resume') ? { port: await portOf(directory) } : false,
  });
  return {
    engine,
    async close() {
      await engine.close();
      await store.close();
    },
  };
};
export default openSite;

/** One for all processes of a trial; the first chooses. */
async function portOf(directory: string): Promise<number> {
  const file = `${directory}/port`;
  if (!existsSync(file)) writeFileSync(file, String((await freePorts(1))[0]));
  return Number(readFileSync(file, 'utf8'));
}
