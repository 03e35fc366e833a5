import { describe, expect, it } from 'vitest';
import type { Json } from '@fw/agents-core';
import { noUsage } from '@fw/models';
import type { JournalEntry } from '@fw/workflow';
import { countRun } from '../src/run-counts.ts';
import { placeEntry } from '../src/run-projection.ts';
import type { PlacedEntry } from '../src/run-projection.ts';

const place = (key: string, origin: JournalEntry['origin'], output: Json): PlacedEntry =>
  placeEntry({ run: 'r', seq: 1, order: [], kind: 'step', key: `r/${key}`, at: 0, attempt: 1, origin, previous: '', hash: '' } as unknown as JournalEntry, output);

const model = (number: number, names: readonly string[], more: { readonly scope?: string; readonly failures?: readonly string[]; readonly output?: Json } = {}): PlacedEntry =>
  place(`implementation#1/developer#1/${more.scope ?? ''}model#${number}`, 'model', {
    text: '', toolCalls: names.map((name, index) => ({ id: String(index), name, arguments: {} })), ...(more.output !== undefined && { output: more.output }),
    receipt: { key: 'k', attempts: [...(more.failures ?? []).map((kind) => ({ id: 'a', model: 'p/m', startedAt: 0, durationMs: 0, usage: noUsage, failure: { kind, message: '' } })), { id: 'a', model: 'p/m', startedAt: 0, durationMs: 0, usage: noUsage }] },
  } as unknown as Json);
const tool = (name: string, output: Json = { ok: true, text: '' }, scope = ''): PlacedEntry => place(`implementation#1/developer#1/${scope}tool.${name}#1`, 'tool', output);
const leave = (code: string, message: string): PlacedEntry => place('implementation#1/leave', 'engine', { from: 'implementation', to: 'failed', outcome: 'failed', event: 'failed', code, message, requests: [], artifacts: [] });

describe('countRun', () => {
  it('counts nothing wrong in work that goes well, endings and summaries among it', () => {
    expect(countRun([model(1, ['read_file', 'read_file']), tool('read_file'), tool('read_file'), model(2, [], { output: { summary: 's' } }), model(3, ['finish'])]))
      .toEqual({ models: ['p/m'], modelCalls: 3, toolCalls: 2, formatFailures: 0, refusedSubmissions: 0, notExecuted: 0, stuck: {} });
  });

  it('counts tools that do not exist, input that does not fit, broken arguments, and answers without a call', () => {
    expect(countRun([
      model(1, ['open_file']), model(2, ['read_file']), tool('read_file', { ok: false, code: 'invalid_input', text: '' }), model(3, [], {}), model(4, ['read_file'], { failures: ['malformed', 'server'] }), tool('read_file'),
    ])).toMatchObject({ formatFailures: 4, modelCalls: 4, notExecuted: 0 });
  });

  it('counts calls after a write that failed as not executed, and results that were given back', () => {
    expect(countRun([
      model(1, ['edit_file', 'write_file', 'run_tests']), tool('edit_file', { ok: false, code: 'not_found', text: '' }), model(2, ['finish']), model(3, ['finish']),
    ])).toMatchObject({ formatFailures: 0, notExecuted: 2, refusedSubmissions: 1 });
  });

  it('keeps the branches of an agent apart', () => {
    expect(countRun([model(1, ['read_file'], { scope: 'left#1/' }), model(1, ['search'], { scope: 'right#1/' }), tool('search', { ok: true, text: '' }, 'right#1/'), tool('read_file', { ok: true, text: '' }, 'left#1/')]))
      .toMatchObject({ formatFailures: 0, notExecuted: 0, toolCalls: 2 });
  });

  it('counts why nothing moved any more, by rule', () => {
    expect(countRun([leave('FW_LOOP_STUCK', 'Stopped by rule S10: …'), leave('FW_LOOP_STUCK', 'Stopped by rule S10: …'), leave('FW_LOOP_STUCK', 'What the model handed in was refused 4 times; …'), leave('FW_LOOP_TURNS', '…'), leave('FW_DEVELOPER_BLOCKED', '…')]).stuck)
      .toEqual({ S10: 2, submission: 1, turns: 1 });
  });
});
