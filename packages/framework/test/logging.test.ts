import { execFileSync } from 'node:child_process';
import { constants, openSync, closeSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '@fw/workflow';
import { createRunLog } from '../src/logging.ts';
import type { RunLogOptions } from '../src/logging.ts';
import { logValue } from '../src/log-value.ts';
import { createRedactor } from '../src/redact.ts';

const entry = (seq: number, more: Partial<JournalEntry> = {}): JournalEntry =>
  ({ run: 'r1', seq, order: [], kind: 'step', key: 'r1/testing#2/tester#1/tests#1', at: Date.now() + 60_000, attempt: 1, origin: 'runner', previous: '', hash: '', ...more }) as JournalEntry;
const folder = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'fw-log-'));
const linesOf = async (file: string): Promise<readonly { readonly [key: string]: unknown }[]> => (await readFile(file, 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as { readonly [key: string]: unknown });
const open = async (more: Partial<RunLogOptions> & { readonly folder: string }): ReturnType<typeof createRunLog> => createRunLog({ run: 'r1', redact: (value) => value, ...more });

describe('createRunLog', () => {
  it('has run, state, agent and step on each line, and what went wrong as a warning', async () => {
    const at = await folder();
    const log = await open({ folder: at });
    log.settled!(entry(1));
    log.settled!(entry(2, { kind: 'failed', error: { code: 'FW_X', message: 'no' } }));
    await log.closed!('failed');
    const lines = await linesOf(path.join(at, 'log.ndjson'));
    expect(lines).toMatchObject([
      { level: 30, run: 'r1', state: 'testing', visit: 2, agent: 'tester', step: 'tests', seq: 1, msg: 'step settled' },
      { level: 40, run: 'r1', state: 'testing', agent: 'tester', step: 'tests', seq: 2, error: { code: 'FW_X', message: 'no' }, msg: 'step failed' },
      { level: 30, run: 'r1', reason: 'failed', msg: 'run put down' },
    ]);
  });

  it('holds each entry once, however often the run is taken up', async () => {
    const at = await folder();
    for (const count of [2, 4]) {
      const log = await open({ folder: at });
      for (let seq = 1; seq <= count; seq++) log.settled!(entry(seq));
      await log.closed!('waiting');
    }
    expect((await linesOf(path.join(at, 'log.ndjson'))).flatMap(({ seq }) => seq ?? [])).toEqual([1, 2, 3, 4]);
  });

  it('tells as much as it is asked for, and where', async () => {
    const at = await folder();
    const step = { key: 'r1/testing#2/tester#1/tests#1', name: 'tests', origin: 'runner', state: 'testing', visit: 2, agent: 'tester', attempt: 1 } as const;
    const levels = { debug: 3, info: 2, warn: 0, silent: undefined } as const;
    for (const [level, lines] of Object.entries(levels)) {
      const file = path.join(at, `${level}.log`);
      const log = await open({ folder: at, level: level as keyof typeof levels, destination: file });
      log.began?.(step);
      log.settled?.(entry(1));
      await log.closed?.('done');
      const text = await readFile(file, 'utf8').catch(() => undefined);
      expect(text?.split('\n').filter((line) => line !== '').length).toBe(lines);
    }
  });

  it('goes on without a log when the disk is full, a folder stands there, or nobody reads the pipe', async () => {
    const at = await folder();
    const pipe = path.join(at, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const destination of ['/dev/full', at, path.join(at, 'not', 'there'), pipe]) {
      const log = await open({ folder: at, destination });
      for (let seq = 1; seq <= 100; seq++) log.settled?.(entry(seq));
      await new Promise((resolve) => { setImmediate(resolve); });
      log.settled?.(entry(101));
      await log.closed?.('done');
    }
  });

  it('drops lines when its reader is slow, and holds nothing up', async () => {
    const at = await folder();
    const pipe = path.join(at, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const log = await open({ folder: at, destination: pipe });
    const error = { code: 'FW_X', message: 'x'.repeat(1_900) };
    for (let seq = 1; seq <= 10_000; seq++) log.settled!(entry(seq, { error }));
    await log.closed!('done');
    closeSync(reader);
  });

  it('lets no secret through, wherever it hides', async () => {
    const canary = 'canary-7f3a9c51';
    const { add, redact } = createRedactor();
    add([canary]);
    const at = await folder();
    const log = await open({ folder: at, redact });
    log.settled!(entry(1, { key: `r1/testing#1/tester#1/${canary}#1`, error: { code: canary, message: `no ${canary}` } }));
    await log.closed!('failed');
    const text = await readFile(path.join(at, 'log.ndjson'), 'utf8');
    expect(text).not.toContain(canary);
    expect(text).toContain('[redacted]');
  });
});

describe('logValue', () => {
  const { add, redact } = createRedactor();
  add(['canary-7f3a9c51']);

  it('takes secrets out of nested values, errors, their causes and those joined in them', () => {
    const cause = Object.assign(new Error('refused canary-7f3a9c51'), { request: { headers: { Authorization: 'Basic abc', 'x-api-key': 'short' } } });
    const value = { deep: [{ text: 'a canary-7f3a9c51 b' }], error: new AggregateError([new Error('canary-7f3a9c51')], 'outer', { cause }), map: new Map([['canary-7f3a9c51', 1]]), url: 'https://ada:hunter22@example.org/', key: 'sk-abcdefghijklmnopqrstuvwx', password: 'x' };
    const text = JSON.stringify(logValue(value, redact));
    for (const secret of ['canary-7f3a9c51', 'Basic abc', 'short', 'hunter22', 'sk-abcdefgh', '"x"']) expect(text).not.toContain(secret);
    expect(text).toContain('"type":"AggregateError"');
    expect(text).toContain('"cause":');
  });

  it('ends with what has no end, and gives what cannot be read as that', () => {
    const round: { self?: unknown } = {};
    round.self = round;
    expect(logValue(round, redact)).toEqual({ self: '[circular]' });
    expect(logValue({ get bad(): never { throw new Error('no'); } }, redact)).toBe('[not loggable]');
    expect(JSON.stringify(logValue({ text: 'x'.repeat(100_000), bytes: new Uint8Array(9), number: NaN, big: 10n, many: Array.from({ length: 1_000 }, () => 1) }, redact)).length).toBeLessThan(2_500);
  });
});
