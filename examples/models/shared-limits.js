// Limits and books in files: every process of this machine that opens them shares them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModelRegistry } from '@fw/models';
import { scripted } from '@fw/models/scripted';
import { sqliteLedger, sqliteLimitStore } from '@fw/models/sqlite';

const folder = mkdtempSync(join(tmpdir(), 'shared-limits-'));
const ledger = sqliteLedger(join(folder, 'ledger.sqlite'));
const limitStore = sqliteLimitStore(join(folder, 'limits.sqlite'));
const models = createModelRegistry({
  providers: [scripted({ script: [{ then: { text: 'Done.' } }] })],
  models: { coder: { use: 'scripted/any', limits: { requestsPerMinute: 60, burst: 2 } } },
  budgets: { run: { tokens: 100_000 } },
  ledger,
  limitStore,
});
models.on('throttled', ({ reason }) => console.log('waits:', reason));
for (let call = 0; call < 3; call += 1) await models.get('coder').generate({ messages: [{ role: 'user', content: 'Go.' }] }, { scope: { run: 'r1' } });
console.log(ledger.lines({ run: 'r1' }).length, 'lines');
ledger.close();
limitStore.close();
rmSync(folder, { recursive: true });
