import { createLocalEngine } from '@fw/workflow';
import type { JournalStore } from '@fw/workflow';
import type { OpenCrashSite } from '@fw/workflow/conformance';
import { sqliteStore } from '@fw/workflow/sqlite';

/** The embedded engine on SQLite, as a process of a trial opens it. */
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
  // A process that only looks takes nothing up.
  const engine = createLocalEngine({ store: telling, agents, host, pickUp: 'own' });
  return { engine, close: async () => { await engine.close(); await store.close(); } };
};

export default openSite;
