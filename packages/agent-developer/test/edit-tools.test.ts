import { describe, expect, it } from 'vitest';
import type { Json, ToolExchange } from '@fw/agents-core';
import { createTestContext } from '@fw/agents-core/conformance';
import { createDeveloperAgent } from '../src/index.ts';
import { editTool, writesWhole } from '../src/edit-tools.ts';
import { calls, finish, met, patchTools, task } from './stand-ins.ts';

const both = ['edit_file', 'apply_patch', 'write_file'];
const exchange = (name: string, input: Json, output: Json): ToolExchange => ({ turn: 1, call: { id: '1', name, arguments: input }, output });
const failed = (name: string, path: string): ToolExchange => exchange(name, { path }, { ok: false, code: 'not_found', text: '' });

describe('the tool for edits', () => {
  it.each([
    ['openai/gpt-5@2025-08-07', 'apply_patch'],
    ['openai/o4', 'apply_patch'],
    ['openrouter/openai/gpt-4.1', 'apply_patch'],
    ['anthropic/claude-sonnet-4', 'edit_file'],
    ['google/gemini-2.5-pro', 'edit_file'],
    ['local/qwen3-8b', 'edit_file'],
    ['local/photo1', 'edit_file'],
    [undefined, 'edit_file'],
  ])('of %s is %s', (model, tool) => {
    expect(editTool(model, both, [])).toBe(tool);
  });

  it('is the one that the host has', () => {
    expect(editTool('openai/gpt-5', ['edit_file'], [])).toBe('edit_file');
    expect(editTool('anthropic/claude', ['apply_patch'], [])).toBe('apply_patch');
    expect(editTool('anthropic/claude', ['write_file'], [])).toBeUndefined();
  });

  it('is the next one after two failures in a row on one file', () => {
    const patch = (file: string): ToolExchange => exchange('apply_patch', { patch: '' }, { ok: false, code: 'ambiguous', text: '', meta: { failed: [file] } });
    expect(editTool('gpt-5', both, [patch('a'), patch('b')])).toBe('apply_patch');
    expect(editTool('gpt-5', both, [patch('a'), exchange('apply_patch', {}, { ok: true, text: '' }), patch('a')])).toBe('apply_patch');
    expect(editTool('gpt-5', both, [patch('a'), patch('b'), patch('a')])).toBe('edit_file');
    expect(editTool('gpt-5', both, [patch('a'), patch('a'), failed('edit_file', 'a'), failed('edit_file', './a')])).toBeUndefined();
    expect(editTool('claude', both, [failed('edit_file', 'a'), failed('edit_file', 'a')])).toBeUndefined();
  });

  it('is left out for short files where a model is small or not known', () => {
    expect(['local/qwen3-8b', 'x/y', undefined, 'openai/gpt-5-nano'].map(writesWhole)).toEqual([true, true, true, true]);
    expect(['anthropic/claude-opus-4', 'google/gemini-2.5-pro', 'openai/gpt-4.1'].map(writesWhole)).toEqual([false, false, false]);
  });
});

it('the developer is offered one format, and another one after it failed twice', async () => {
  const wrong = calls('apply_patch', { patch: 'x' });
  const context = createTestContext({ task, model: 'openai/gpt-5', tools: patchTools, answers: [wrong, wrong, finish([met('c1'), met('c2')])] });
  await createDeveloperAgent().process(context);
  const offered = context.seen.requests.map(({ tools }) => tools?.map(({ name }) => name).filter((name) => /edit|patch|write/.test(name)));
  expect(offered).toEqual([['apply_patch', 'write_file'], ['apply_patch', 'write_file'], ['edit_file', 'write_file']]);
});
