import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LedgerLine, ModelBudget, Usage } from '../src/index.ts';
import { sqliteLedger } from '../src/sqlite.ts';
import { startBillingServer } from './billing-server.ts';
import type { BillingServer } from './billing-server.ts';
import type { Work } from './ledger-worker.ts';
import type { CallsEnded } from './make-calls.ts';
import { createRandom } from './random.ts';

export interface LedgerProof {
  readonly seed: number;
  readonly calls: number;
  /** Requests that reached the server. */
  readonly sent: number;
  readonly refused: number;
  readonly aborted: number;
  /** Processes that were killed, and attempts that were booked whole for them. */
  readonly killed: number;
  readonly orphans: number;
  /** Calls whose every attempt reported usage, or was turned away. */
  readonly exact: number;
  /** Runs whose bill, or whose books, were above their budget: must be none. */
  readonly overspentRuns: number;
  /** Exact calls that were booked with another figure than they were billed: must be none. */
  readonly wrongCalls: number;
  /** Other calls that were booked below what was billed, or above what was reserved: must be none. */
  readonly outOfBounds: number;
}

const runs = 10;
const leaseMs = 500;
const worker = fileURLToPath(new URL('./ledger-worker.ts', import.meta.url));

/**
 * Many calls at once, from several processes that share their books, on a server that bills each token: with answers
 * that are cut, reset, refused or left without usage, callers that abort, and processes that are killed.
 */
export async function proveLedger({ calls, seed, processes = 4 }: { readonly calls: number; readonly seed: number; readonly processes?: number }): Promise<LedgerProof> {
  const random = createRandom(seed);
  const server = await startBillingServer();
  const folder = mkdtempSync(join(tmpdir(), 'fw-ledger-proof-'));
  const [ledgerFile, reservedFile] = [join(folder, 'ledger.sqlite'), join(folder, 'reserved')];
  const caps = Array.from({ length: runs }, () => Math.floor(calls * (2 + random() * 30)));
  // A token costs 1,000 nano-USD, so that both kinds of caps say the same.
  const budgets = caps.map((tokens, run): ModelBudget => (run % 2 === 0 ? { tokens } : { usd: tokens / 1e6 }));
  try {
    const share = Math.ceil(calls / processes);
    let killed = 0;
    const said = await Promise.all(Array.from({ length: processes }, async (_, index) => {
      const work: Work = { ledgerFile, leaseMs, reservedFile, baseURL: server.baseURL, seed, from: index * share, to: Math.min(calls, (index + 1) * share), budgets };
      const ended = await start(work, random() < 0.6 ? 20 + random() * 500 : undefined);
      if (ended !== undefined) return ended;
      killed += 1;
      // As after a crash: somebody makes the same calls again, in the same budgets.
      return (await start(work, undefined)) as CallsEnded;
    }));
    // Until the leases of the dead are over.
    await sleep(leaseMs * 1.5);
    await server.settled();
    const ledger = sqliteLedger(ledgerFile, { leaseMs });
    const lines = ledger.lines();
    ledger.close();
    return {
      seed, calls, sent: server.requests(),
      refused: said.reduce((sum, { refused }) => sum + refused, 0),
      aborted: said.reduce((sum, { aborted }) => sum + aborted, 0),
      killed,
      ...compare(lines, caps, server, existsSync(reservedFile) ? readFileSync(reservedFile, 'utf8') : ''),
    };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What it says at its end, or nothing when it was killed before. */
async function start(work: Work, killAfterMs: number | undefined): Promise<CallsEnded | undefined> {
  const child = spawn(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', worker, JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(timer);
  if (signal === 'SIGKILL') return undefined;
  if (code !== 0) throw new Error(`A process of the proof ended with code ${code}.`);
  return JSON.parse(output.split('\n')[1] ?? '') as CallsEnded;
}

function compare(lines: readonly LedgerLine[], caps: readonly number[], server: BillingServer, log: string): Pick<LedgerProof, 'orphans' | 'exact' | 'overspentRuns' | 'wrongCalls' | 'outOfBounds'> {
  const booked = sums(lines.map(({ scope, usage }) => [scope['call'] ?? '', tokensOf(usage)]));
  const bookedOfRun = sums(lines.map(({ scope, usage }) => [scope.run ?? '', tokensOf(usage)]));
  const reserved = sums(log.split('\n').filter((line) => line !== '').map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  const estimated = new Set(lines.flatMap(({ scope, usage }) => (usage.estimated ? [scope['call'] ?? ''] : [])));
  const exact = [...booked.keys()].filter((call) => !estimated.has(call));
  const isOut = (call: string): boolean => server.billOf(call) > (booked.get(call) ?? 0) || (booked.get(call) ?? 0) > (reserved.get(call) ?? 0);
  return {
    orphans: lines.filter(({ id }) => id.startsWith('orphan-')).length,
    exact: exact.length,
    overspentRuns: caps.filter((cap, run) => server.billOf(`run${run}`) > cap || (bookedOfRun.get(`run${run}`) ?? 0) > cap).length,
    wrongCalls: exact.filter((call) => server.billOf(call) !== booked.get(call)).length,
    outOfBounds: [...new Set([...booked.keys(), ...reserved.keys()])].filter(isOut).length,
  };
}

function sums(entries: readonly (readonly [name: string, amount: number])[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const [name, amount] of entries) totals.set(name, (totals.get(name) ?? 0) + amount);
  return totals;
}

function tokensOf(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens;
}
