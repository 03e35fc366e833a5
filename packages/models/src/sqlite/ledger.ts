import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { emptyBalance, refusalOf } from '../budget-balance.ts';
import type { BudgetBalance } from '../budget-balance.ts';
import { aCount, checkConfig, objectOf } from '../check.ts';
import type { BudgetNode, Ledger, LedgerLine, Reservation } from '../ledger.ts';
import type { CallScope } from '../model.ts';
import { scopeKey } from '../scope-key.ts';
import type { Usage } from '../usage.ts';
import { machineTime, openDatabase, transact } from './open-database.ts';

export interface SqliteLedgerOptions {
  /** A process that was silent for so long is taken for dead, and what it had set aside is booked whole. Default 30 s. */
  readonly leaseMs?: number;
}

export interface SqliteLedger extends Ledger {
  /** What was booked under all scopes that hold every given name with the given value, oldest first. */
  lines(scope?: CallScope): readonly LedgerLine[];
  close(): void;
}

const schema = `
CREATE TABLE IF NOT EXISTS holders (id TEXT PRIMARY KEY, lease_until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS reservations (id TEXT PRIMARY KEY, holder TEXT NOT NULL, at INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS reservations_of_holder ON reservations (holder);
CREATE TABLE IF NOT EXISTS balances (key TEXT PRIMARY KEY, used_cost INTEGER NOT NULL, used_tokens INTEGER NOT NULL, reserved_cost INTEGER NOT NULL, reserved_tokens INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lines (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, content TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS lines_of_scope ON lines (scope);
CREATE TABLE IF NOT EXISTS totals (scope TEXT PRIMARY KEY, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL,
  reasoning INTEGER NOT NULL, cost INTEGER NOT NULL, estimates INTEGER NOT NULL, unknowns INTEGER NOT NULL) STRICT;`;

/**
 * Books on disk, shared by all processes of one machine that open the same file: their budgets are one. What a killed
 * process had set aside is booked whole, marked as an estimate, when its lease is over.
 * @throws ModelError FW_MODEL_CONFIG for a file that cannot be used.
 */
export function sqliteLedger(file: string, options: SqliteLedgerOptions = {}): SqliteLedger {
  checkConfig(objectOf({ leaseMs: aCount }), options, 'The options of sqliteLedger()');
  const { leaseMs = 30_000 } = options;
  const database = openDatabase(file, { durable: true, schema });
  const books = createBooks(database, leaseMs);
  const holder = randomUUID();
  const open = new Set<string>();
  let renewing: NodeJS.Timeout | undefined;
  const renew = (): void => {
    try {
      transact(database, () => books.renew(holder));
    } catch {
      // Another process holds the file. The next turn comes long before the lease is over.
    }
  };
  const stopRenewing = (): void => {
    clearInterval(renewing);
    renewing = undefined;
  };

  return {
    specVersion: 1,
    async reserve(reservation) {
      const answer = transact(database, () => {
        books.renew(holder);
        books.bookOrphans();
        return books.reserve(holder, reservation);
      });
      if (answer.status === 'reserved') {
        open.add(reservation.id);
        renewing ??= setInterval(renew, leaseMs / 3).unref();
      }
      return answer;
    },
    async settle(reservationId, lines) {
      transact(database, () => books.settle(reservationId, lines));
      open.delete(reservationId);
      if (open.size === 0) stopRenewing();
    },
    usage(scope) {
      transact(database, () => books.bookOrphans());
      return books.usage(scope);
    },
    lines(scope) {
      transact(database, () => books.bookOrphans());
      return books.lines(scope);
    },
    close() {
      stopRenewing();
      database.close();
    },
  };
}

interface SqliteBooks {
  renew(holder: string): void;
  bookOrphans(): void;
  reserve(holder: string, reservation: Reservation): Awaited<ReturnType<Ledger['reserve']>>;
  settle(reservationId: string, lines: readonly LedgerLine[]): void;
  usage(scope?: CallScope): Usage;
  lines(scope?: CallScope): readonly LedgerLine[];
}

/** The statements. Each is to be run inside a transaction. */
function createBooks(database: DatabaseSync, leaseMs: number): SqliteBooks {
  const putHolder = database.prepare('INSERT INTO holders (id, lease_until) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until');
  // A lease further away than any can be is of before the machine was started.
  const expired = database.prepare('SELECT id FROM holders WHERE lease_until < ? OR lease_until > ?');
  const dropHolder = database.prepare('DELETE FROM holders WHERE id = ?');
  const heldBy = database.prepare('SELECT id FROM reservations WHERE holder = ?');
  const putReservation = database.prepare('INSERT INTO reservations (id, holder, at, content) VALUES (?, ?, ?, ?)');
  const takeReservation = database.prepare('DELETE FROM reservations WHERE id = ? RETURNING content, at');
  const getBalance = database.prepare('SELECT * FROM balances WHERE key = ?');
  const addBalance = database.prepare(`INSERT INTO balances VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET used_cost = used_cost + excluded.used_cost,
    used_tokens = used_tokens + excluded.used_tokens, reserved_cost = reserved_cost + excluded.reserved_cost, reserved_tokens = reserved_tokens + excluded.reserved_tokens`);
  const putLine = database.prepare('INSERT OR IGNORE INTO lines (id, scope, content) VALUES (?, ?, ?)');
  const takeLine = database.prepare('DELETE FROM lines WHERE id = ? RETURNING content');
  const addTotal = database.prepare(`INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (scope) DO UPDATE SET input = input + excluded.input,
    output = output + excluded.output, cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write, reasoning = reasoning + excluded.reasoning,
    cost = cost + excluded.cost, estimates = estimates + excluded.estimates, unknowns = unknowns + excluded.unknowns`);
  const totals = database.prepare('SELECT * FROM totals');
  const allLines = database.prepare('SELECT scope, content FROM lines ORDER BY number');

  const addTo = (budgets: readonly BudgetNode[], used: Usage | undefined, reserved: Usage | undefined, sign: 1 | -1): void => {
    for (const { key } of budgets) addBalance.run(key, sign * costIn(used), sign * tokensIn(used), sign * costIn(reserved), sign * tokensIn(reserved));
  };
  const addLine = (line: LedgerLine, budgets: readonly BudgetNode[]): void => {
    const scope = scopeKey(line.scope);
    if (putLine.run(line.id, scope, JSON.stringify(line)).changes === 0) return;
    addTotal.run(scope, ...figures(line.usage, 1));
    addTo(budgets, line.usage, undefined, 1);
  };
  /** A process that was taken for dead was only asleep: what it says replaces what was booked for it. */
  const takeBackOrphan = (reservationId: string): readonly BudgetNode[] | undefined => {
    const row = takeLine.get(orphanId(reservationId)) as { readonly content: string } | undefined;
    if (row === undefined) return undefined;
    const { budgets, ...line } = JSON.parse(row.content) as LedgerLine & { readonly budgets: readonly BudgetNode[] };
    addTotal.run(scopeKey(line.scope), ...figures(line.usage, -1));
    addTo(budgets, line.usage, undefined, -1);
    return budgets;
  };

  return {
    renew: (holder) => void putHolder.run(holder, machineTime() + leaseMs),
    bookOrphans() {
      const now = machineTime();
      for (const { id: holder } of expired.all(now, now + leaseMs * 100) as { readonly id: string }[]) {
        for (const { id } of heldBy.all(holder) as { readonly id: string }[]) {
          const row = takeReservation.get(id) as { readonly content: string; readonly at: number };
          const { model, scope, bound, budgets } = JSON.parse(row.content) as Reservation;
          addTo(budgets, undefined, bound, -1);
          const line: LedgerLine & { readonly budgets: readonly BudgetNode[] } = { id: orphanId(id), model, scope, startedAt: row.at, durationMs: 0, usage: { ...bound, estimated: true }, failure: 'cancelled', budgets };
          addLine(line, budgets);
        }
        dropHolder.run(holder);
      }
    },
    reserve(holder, reservation) {
      for (const node of reservation.budgets) {
        const refusal = refusalOf(node, balanceIn(getBalance.get(node.key)), reservation.bound);
        if (refusal !== undefined) return { status: 'refused', refusal };
      }
      putReservation.run(reservation.id, holder, Date.now(), JSON.stringify(reservation));
      addTo(reservation.budgets, undefined, reservation.bound, 1);
      return { status: 'reserved' };
    },
    settle(reservationId, lines) {
      const row = takeReservation.get(reservationId) as { readonly content: string } | undefined;
      const held = row === undefined ? undefined : (JSON.parse(row.content) as Reservation);
      const budgets = held?.budgets ?? takeBackOrphan(reservationId);
      if (budgets === undefined) return;
      if (held !== undefined) addTo(budgets, undefined, held.bound, -1);
      for (const line of lines) addLine(line, budgets);
    },
    usage(scope = {}) {
      const sum = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
      let [cost, estimates, unknowns] = [0, 0, 0];
      for (const row of totals.all() as unknown as Total[]) {
        if (!isWithin(row.scope, scope)) continue;
        sum.inputTokens += row.input;
        sum.outputTokens += row.output;
        sum.cacheReadTokens += row.cache_read;
        sum.cacheWriteTokens += row.cache_write;
        sum.reasoningTokens += row.reasoning;
        cost += row.cost;
        estimates += row.estimates;
        unknowns += row.unknowns;
      }
      return { ...sum, estimated: estimates > 0, costNanoUsd: unknowns > 0 ? 'unknown' : cost };
    },
    lines: (scope = {}) =>
      (allLines.all() as { readonly scope: string; readonly content: string }[]).flatMap((row) => (isWithin(row.scope, scope) ? [withoutBudgets(row.content)] : [])),
  };
}

interface Total {
  readonly scope: string;
  readonly input: number;
  readonly output: number;
  readonly cache_read: number;
  readonly cache_write: number;
  readonly reasoning: number;
  readonly cost: number;
  readonly estimates: number;
  readonly unknowns: number;
}

function figures({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, estimated, costNanoUsd }: Usage, sign: 1 | -1): number[] {
  const cost = costNanoUsd === 'unknown' ? 0 : costNanoUsd;
  return [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens, cost, estimated ? 1 : 0, costNanoUsd === 'unknown' ? 1 : 0].map((figure) => sign * figure);
}

function balanceIn(row: Record<string, SQLOutputValue> | undefined): BudgetBalance {
  if (row === undefined) return emptyBalance;
  return { usedNanoUsd: Number(row['used_cost']), usedTokens: Number(row['used_tokens']), reservedNanoUsd: Number(row['reserved_cost']), reservedTokens: Number(row['reserved_tokens']) };
}

function costIn(usage: Usage | undefined): number {
  return usage === undefined || usage.costNanoUsd === 'unknown' ? 0 : usage.costNanoUsd;
}

function tokensIn(usage: Usage | undefined): number {
  return usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
}

/** Scopes are kept as lists of names and values. */
function isWithin(key: string, scope: CallScope): boolean {
  const entries = new Map(JSON.parse(key) as [string, string][]);
  return Object.entries(scope).every(([name, value]) => value === undefined || entries.get(name) === value);
}

function orphanId(reservationId: string): string {
  return `orphan-${reservationId}`;
}

function withoutBudgets(content: string): LedgerLine {
  const { budgets: _, ...line } = JSON.parse(content) as LedgerLine & { readonly budgets?: unknown };
  return line;
}
