import type { Json } from '@fw/agents-core';
import { memoryBlobs } from './blob-store.ts';
import { entryText } from './journal-chain.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Beginning, JournalStore, Question, RunRecord } from './journal-store.ts';
import { shareDefinitions } from './share-definitions.ts';
import { WorkflowError } from './workflow-error.ts';

interface Row {
  record: Omit<RunRecord, 'questions'>;
  token: number;
  until: number;
  waits: readonly Pick<Question, 'name' | 'ordinal'>[];
  /** As text, so that nobody can change what was stored. */
  readonly entries: string[];
  /** `asked`: somebody waits for it. */
  readonly questions: (Question & { value?: Json; asked: boolean; answered: boolean })[];
}

/** A store in this process's memory: for tests and for runs that need not survive. */
export function memoryStore(): JournalStore {
  const rows = new Map<string, Row>();
  const shared = shareDefinitions();
  const rowOf = (run: string): Row => {
    const row = rows.get(run);
    if (!row) throw unknownRun(run);
    return row;
  };
  const held = (run: string, token: number): Row => {
    const row = rowOf(run);
    if (row.token !== token || isEnded(row.record)) throw leaseLost(run);
    return row;
  };
  const recordOf = (row: Row): RunRecord => structuredClone({
    ...row.record,
    questions: row.questions.filter((question) => question.asked && !question.answered && !question.name.startsWith('!')).map(({ name, ordinal, question, schema }) => ({ name, ordinal, ...(question !== undefined && { question }), ...(schema !== undefined && { schema }) })),
  });

  return {
    specVersion: 1,
    blobs: memoryBlobs(),
    async create(run, now, { entries, answers, as }: Beginning = { entries: [], answers: [] }) {
      if (rows.has(run.id)) return false;
      const { definition, ...rest } = run;
      rows.set(run.id, {
        record: { definition: shared(definition), ...structuredClone({ ...rest, ...(as ?? { status: 'running' as const }) }), createdAt: now, updatedAt: now }, token: 0, until: 0, waits: [],
        entries: entries.map(entryText), questions: answers.map((answer) => ({ ...structuredClone(answer), asked: false, answered: true })),
      });
      return true;
    },
    async claim(run, { holder, now, ttlMs, gone }) {
      const row = rowOf(run);
      if (isEnded(row.record) || (row.until > now && (gone === undefined || row.record.holder !== gone))) return undefined;
      row.token++;
      row.until = now + ttlMs;
      const { paused: _paused, wakeAt: _wakeAt, ...record } = row.record;
      row.record = { ...record, holder, status: 'running', updatedAt: now };
      return { token: row.token, record: recordOf(row), entries: row.entries.map(parse<JournalEntry>) };
    },
    async renew(run, token, { now, ttlMs }) {
      const row = rowOf(run);
      if (row.token !== token || isEnded(row.record)) return { held: false };
      row.until = now + ttlMs;
      return { held: true, ...(row.record.cancel !== undefined && { cancel: row.record.cancel }) };
    },
    async append(run, token, entry) {
      const { entries } = held(run, token);
      if (entry.seq !== entries.length + 1) throw outOfOrder(entry, entries.length);
      entries.push(entryText(entry));
    },
    async release(run, token, { now, status, paused, wakeAt, waits = [] }) {
      const row = held(run, token);
      row.token++;
      row.until = 0;
      row.waits = waits;
      const answered = waits.some((wait) => row.questions.some((question) => question.answered && isSame(question, wait)));
      const wake = answered || (status === 'waiting' && row.record.cancel !== undefined) ? now : wakeAt;
      row.record = { ...row.record, status, updatedAt: now, ...(paused && { paused }), ...(wake !== undefined && { wakeAt: wake }) };
    },
    async finish(run, token, { now, status, result }) {
      const row = held(run, token);
      row.until = 0;
      row.record = { ...row.record, status, result: structuredClone(result), updatedAt: now };
    },
    async ask(run, token, question) {
      const row = held(run, token);
      const found = row.questions.find((other) => isSame(other, question));
      if (found) Object.assign(found, question, { asked: true });
      else row.questions.push({ ...structuredClone(question), asked: true, answered: false });
    },
    async withdraw(run, token, question) {
      const row = held(run, token);
      const found = row.questions.find((other) => isSame(other, question));
      if (found?.answered) return false;
      if (found) found.asked = false;
      return true;
    },
    async answer(run, name, value, now) {
      const row = rowOf(run);
      const named = row.questions.filter((question) => question.name === name);
      const open = named.find((question) => question.asked && !question.answered);
      if (open) Object.assign(open, { value: structuredClone(value), answered: true });
      else if (named.length === 0) row.questions.push({ name, ordinal: 1, value: structuredClone(value), asked: false, answered: true });
      else return false;
      if (row.record.status === 'waiting' && open && row.waits.some((wait) => isSame(wait, open))) row.record = { ...row.record, wakeAt: now };
      return true;
    },
    async answerOf(run, name, ordinal) {
      const found = rowOf(run).questions.find((question) => isSame(question, { name, ordinal }));
      return found?.answered ? { value: structuredClone(found.value as Json) } : undefined;
    },
    async cancel(run, reason, now) {
      const row = rowOf(run);
      if (isEnded(row.record)) return;
      row.record = { ...row.record, cancel: row.record.cancel ?? reason, ...(row.record.status === 'waiting' && { wakeAt: now }) };
    },
    async get(run) {
      const row = rows.get(run);
      return row && recordOf(row);
    },
    async read(run, after = 0) {
      return rowOf(run).entries.slice(after).map(parse<JournalEntry>);
    },
    async *list(filter = {}) {
      for (const row of [...rows.values()].reverse()) if (filter.status === undefined || row.record.status === filter.status) yield recordOf(row);
    },
    async heads({ status } = {}) {
      return [...rows.values()].reverse().filter((row) => status === undefined || row.record.status === status)
        .map(({ record: { id, status: is, createdAt, updatedAt } }) => ({ id, status: is, createdAt, updatedAt }));
    },
    async due(now) {
      return [...rows.values()].filter((row) => (row.record.status === 'running' && row.until <= now) || (row.record.status === 'waiting' && (row.record.wakeAt ?? Infinity) <= now)).map((row) => row.record.id);
    },
    async remove(runs) {
      for (const run of runs) {
        const row = rows.get(run);
        if (row && isEnded(row.record)) rows.delete(run);
      }
    },
    async close() {},
  };
}

const parse = <T>(text: string): T => JSON.parse(text) as T;
const isEnded = (record: Pick<RunRecord, 'status'>): boolean => record.status === 'success' || record.status === 'failed' || record.status === 'cancelled';
const isSame = (left: Pick<Question, 'name' | 'ordinal'>, right: Pick<Question, 'name' | 'ordinal'>): boolean => left.name === right.name && left.ordinal === right.ordinal;

export const unknownRun = (run: string): WorkflowError => new WorkflowError('FW_WORKFLOW_UNKNOWN_RUN', { message: `There is no run "${run}" in this store.` });
export const leaseLost = (run: string): WorkflowError => new WorkflowError('FW_WORKFLOW_LEASED', { message: `Run "${run}" is held by another process; this one may not write to it any more.` });
export const outOfOrder = (entry: JournalEntry, last: number): WorkflowError =>
  new WorkflowError('FW_JOURNAL_BROKEN', { message: `Entry ${entry.seq} of run "${entry.run}" was refused: the journal's last one is ${last}, so there would be a gap.` });
