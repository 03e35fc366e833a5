import { freshState, lowerIn, renewIn, settleIn, takeFrom } from '../limit-state.ts';
import type { LimitState } from '../limit-state.ts';
import type { LimitAnswer, LimitStore } from '../limit-store.ts';
import { machineTime, openDatabase, transact } from './open-database.ts';

export interface SqliteLimitStore extends LimitStore {
  close(): void;
}

const schema = 'CREATE TABLE IF NOT EXISTS limits (endpoint TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT';

/**
 * Limits shared by all processes of one machine that open the same file. What a killed process held comes back when
 * its lease is over.
 * @throws ModelError FW_MODEL_CONFIG for a file that cannot be used.
 */
export function sqliteLimitStore(file: string): SqliteLimitStore {
  const database = openDatabase(file, { durable: false, schema });
  const read = database.prepare('SELECT state FROM limits WHERE endpoint = ?');
  const write = database.prepare('INSERT INTO limits (endpoint, state) VALUES (?, ?) ON CONFLICT (endpoint) DO UPDATE SET state = excluded.state');

  /** `next` is told how long it waited for other processes: by so much the time that its caller looked at is old. */
  const change = (endpoint: string, next: (state: LimitState, waitedMs: number) => LimitState): void => {
    const asked = machineTime();
    transact(database, () => {
      const row = read.get(endpoint) as { readonly state: string } | undefined;
      const before = row === undefined ? freshState : (JSON.parse(row.state) as LimitState);
      const after = next(before, machineTime() - asked);
      if (after !== before) write.run(endpoint, JSON.stringify(after));
    });
  };

  return {
    specVersion: 1,
    async take(demand) {
      let answer: LimitAnswer | undefined;
      change(demand.endpoint, (before, waitedMs) => {
        const taken = takeFrom(before, { ...demand, now: demand.now + waitedMs }, machineTime());
        ({ answer } = taken);
        return taken.state;
      });
      return answer as unknown as LimitAnswer;
    },
    async settle(settlement) {
      change(settlement.endpoint, (state, waitedMs) => settleIn(state, { ...settlement, now: settlement.now + waitedMs }));
    },
    async renew(endpoint, ids, leaseMs) {
      change(endpoint, (state) => renewIn(state, ids, machineTime() + leaseMs));
    },
    async lower(endpoint, remaining) {
      change(endpoint, (state) => lowerIn(state, remaining));
    },
    close: () => database.close(),
  };
}
