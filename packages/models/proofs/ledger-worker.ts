// Started by prove-ledger.ts as a process of its own, and killed at any time: makes calls in the budgets of a shared file.
import { appendFileSync } from 'node:fs';
import type { Ledger } from '../src/index.ts';
import { sqliteLedger } from '../src/sqlite.ts';
import { makeCalls } from './make-calls.ts';
import type { Calls } from './make-calls.ts';

export interface Work extends Calls {
  readonly ledgerFile: string;
  readonly leaseMs: number;
  /** Gets a line for each reservation before it is made: the call and its tokens. */
  readonly reservedFile: string;
}

const { ledgerFile, leaseMs, reservedFile, ...calls } = JSON.parse(process.argv[2] ?? '') as Work;
const ledger = sqliteLedger(ledgerFile, { leaseMs });
const watched: Ledger = {
  ...ledger,
  reserve(reservation) {
    appendFileSync(reservedFile, `${reservation.scope['call'] ?? ''} ${reservation.bound.inputTokens + reservation.bound.outputTokens}\n`);
    return ledger.reserve(reservation);
  },
};
process.stdout.write('ready\n');
const ended = await makeCalls(calls, watched);
ledger.close();
process.stdout.write(`${JSON.stringify(ended)}\n`);
process.exit(0);
