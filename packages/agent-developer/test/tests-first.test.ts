import { createHash } from 'node:crypto';
import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { defineTool } from '@fw/agents-core';
import type { Json, Tool, ToolOutput } from '@fw/agents-core';
import { createTestContext } from '@fw/agents-core/conformance';
import type { ScriptedAnswer, TestContext } from '@fw/agents-core/conformance';
import { createDeveloperAgent } from '../src/index.ts';
import type { Change } from '../src/index.ts';
import { calls, finish, met, task } from './stand-ins.ts';

const file = 'test/add.test.js';
const id = `${file} > adds`;
const text = "import { add } from '../src/add.js';\n\ntest('adds', () => {\n  assert.equal(add(1, 2), 3);\n});\n";
const end = finish([met('c1'), met('c2')]);
const red = (failure = 'assertion', of = text): { readonly [key: string]: Json } =>
  ({ status: 'failed', added: [{ id, file, status: 'failed', failure }], hashes: { [file]: createHash('sha256').update(of).digest('hex') } });
const green: { readonly [key: string]: Json } = { added: [{ id, file, status: 'passed' }] };

interface Played {
  readonly context: TestContext;
  readonly change: Change;
  /** What the last message before a request says. */
  said(request: number): string;
}

/** Plays the answers over tools that change the files in memory; `run` does what it is told to them. */
async function play(answers: readonly ScriptedAnswer[], reports: readonly { readonly [key: string]: Json }[], files: { readonly [file: string]: string } = { [file]: text }): Promise<Played> {
  const model = JSON.stringify(answers).includes('apply_patch') ? 'openai/gpt-5' : 'anthropic/claude';
  let count = 0;
  const tool = (name: string, run: (input: { readonly [key: string]: Json }) => ToolOutput): Tool =>
    defineTool({ name, description: name, effect: 'idempotent', input: z.looseObject({}), run: async (input) => run(input as { [key: string]: Json }) });
  const change = ({ path, content, edits }: { readonly [key: string]: Json }): ToolOutput => {
    const all = (context.seen.files as Map<string, string>);
    if (typeof content === 'string') all.set(String(path), content);
    for (const edit of (edits ?? []) as readonly { readonly old: string; readonly new: string }[]) all.set(String(path), (all.get(String(path)) ?? '').replace(edit.old, edit.new));
    return { ok: true, text: 'changed' };
  };
  const tools = [
    tool('write_file', change), tool('edit_file', change), tool('apply_patch', () => ({ ok: true, text: 'patched' })), tool('run', change),
    tool('run_tests', () => {
      const report = reports[Math.min(count, reports.length - 1)]!;
      count += 1;
      return { ok: true, text: `${count} run`, meta: { run: `run-${count}`, status: 'passed', whole: true, ...report } };
    }),
  ];
  const context: TestContext = createTestContext({ task, tools, answers, files, model });
  const result = await createDeveloperAgent().process(context);
  return { context, change: result.artifacts[0]?.content as unknown as Change, said: (request) => JSON.stringify(context.seen.requests[request]?.messages.at(-1)) };
}

const edit = (path: string, from: string, to: string): ScriptedAnswer => calls('edit_file', { path, edits: [{ old: from, new: to }] });
const run = calls('run_tests');

describe('a new test', () => {
  it('that was seen red by its assertion and is green now lets the work end', async () => {
    const { context, change } = await play([run, edit('src/add.js', 'a', 'b'), run, end], [red(), green]);
    expect(context.seen.requests).toHaveLength(4);
    expect(change.addedTests).toEqual([{ id, red: 'assertion', passed: true }]);
  });

  it.each([
    ['never', [green], ''],
    ['missing', [red('missing'), green], ' (it only failed because something was missing)'],
    ['syntax', [red('syntax'), green], ' (its file could not be read)'],
  ] as const)('that was red %s holds the end up once, with its name and the way out', async (how, reports, why) => {
    const { said, change, context } = await play([...reports.map(() => run), end, end], reports);
    expect(said(reports.length + 1)).toContain(`never seen to fail by their assertion, so nothing shows that they test the change: ${id}${why}. Make the code wrong`);
    expect(context.seen.requests).toHaveLength(reports.length + 2);
    expect(change.addedTests).toEqual([{ id, red: how, passed: true }]);
  });

  it('that failed because the code threw is red enough to end, and is not frozen', async () => {
    const { context } = await play([run, edit(file, 'add(1, 2)', 'add(2, 2)'), run, end], [red('error'), green]);
    expect(context.seen.requests).toHaveLength(4);
    expect(context.seen.files.get(file)).toContain('add(2, 2)');
  });

  it('whose file could not be loaded was red for its missing import', async () => {
    const loading = { status: 'failed', added: [{ id: file, file, status: 'errored', failure: 'missing' }], hashes: {} };
    const { change } = await play([run, run, end, end], [loading, green]);
    expect(change.addedTests).toEqual([{ id, red: 'missing', passed: true }]);
  });

  it('is not asked to be red where the host does not know the base', async () => {
    const { context, change } = await play([run, end], [{}]);
    expect(context.seen.requests).toHaveLength(2);
    expect(change.addedTests).toEqual([]);
  });
});

describe('a test that was seen red by its assertion', () => {
  const patch = (lines: string): ScriptedAnswer => calls('apply_patch', { patch: `*** Begin Patch\n${lines}\n*** End Patch` });
  it.each([
    ['edited', edit(file, 'add(1, 2), 3', 'add(1, 2), 4')],
    ['edited under another spelling of its path', edit(`./test//../${file}`, 'add(1, 2), 3', 'add(1, 2), 4')],
    ['skipped', edit(file, "test('adds'", "test.skip('adds'")],
    ['cut short', edit(file, "() => {\n", "() => {\n  return;\n")],
    ['edited at lines that are not quoted word for word', edit(file, ' assert.equal( add(1, 2), 3 )', 'x')],
    ['written anew', calls('write_file', { path: file, content: "test('adds', () => {});\n", replace: true })],
    ['patched', patch(`*** Update File: ${file}\n@@\n test('adds', () => {\n-  assert.equal(add(1, 2), 3);\n+  assert.ok(true);\n });`)],
    ['deleted', patch(`*** Delete File: ${file}`)],
    ['moved', patch(`*** Update File: ${file}\n*** Move to: old/add.js`)],
    ['overwritten by a move', patch(`*** Update File: src/add.js\n*** Move to: ${file}`)],
  ])('is not %s', async (_, change) => {
    const { said, context } = await play([run, change, run, end], [red(), green]);
    expect(said(2)).toContain('"code":"denied"');
    expect(said(2)).toContain(`${id} was seen red by its assertion and stays as it is`);
    expect(context.seen.files.get(file)).toBe(text);
  });

  it.each([
    ['beside it by an edit', edit(file, "3);\n});\n", "3);\n});\n\ntest('adds more', () => {\n  assert.equal(add(2, 2), 4);\n});\n")],
    ['and an import above it', edit(file, 'import { add }', 'import { add, more }')],
    ['by writing the file anew', calls('write_file', { path: file, content: `${text}\ntest('more', () => {});\n`, replace: true })],
    ['by a patch', patch(`*** Update File: ${file}\n@@\n   assert.equal(add(1, 2), 3);\n });\n+\n+test('more', () => {});`)],
    ['in another file', calls('write_file', { path: 'test/more.test.js', content: "test('more', () => {});\n" })],
  ])('may get another test %s', async (_, change) => {
    const { said } = await play([run, change, run, end], [red(), green]);
    expect(said(2)).not.toContain('denied');
  });

  it('is frozen among others, and alone where names are told apart', async () => {
    const suite = "describe('add', () => {\n  it('adds', () => {\n    expect(add(1, 2)).toBe(3);\n  });\n\n  it('adds none', () => {\n    expect(add()).toBe(0);\n  });\n});\n";
    const of = { ...red('assertion', suite), added: [{ id: `${file} > add > adds`, file, status: 'failed', failure: 'assertion' }] };
    const { said } = await play([run, edit(file, 'expect(add()).toBe(0)', 'expect(add()).toBe(1)'), edit(file, 'toBe(3)', 'toBe(4)'), run, end], [of, { added: [{ ...of.added[0]!, status: 'passed' }] }], { [file]: suite });
    expect(said(2)).not.toContain('denied');
    expect(said(3)).toContain('denied');
  });

  it('is frozen as a Python function', async () => {
    const python = 'def test_adds():\n    assert add(1, 2) == 3\n\ndef test_none():\n    assert add() == 0\n';
    const of = { status: 'failed', added: [{ id: 'test_add.py > test_adds', file: 'test_add.py', status: 'failed', failure: 'assertion' }], hashes: { 'test_add.py': createHash('sha256').update(python).digest('hex') } };
    const { said } = await play([run, edit('test_add.py', 'add() == 0', 'add() == 1'), edit('test_add.py', '== 3', '== 4'), run, end], [of, { added: [{ ...of.added[0]!, status: 'passed' }] }], { 'test_add.py': python });
    expect(said(2)).not.toContain('denied');
    expect(said(3)).toContain('denied');
  });

  it('that a command changed holds the end up once, and is named in the report', async () => {
    const { said, change } = await play([run, calls('run', { path: file, content: "test('adds', () => {});\n" }), run, end, end], [red(), green]);
    expect(said(4)).toContain(`These tests were changed or switched off after they were seen red; put them back as they were: ${id}.`);
    expect(change.touchedTests).toEqual([{ file, what: `${id} was changed or switched off after it was seen red.` }]);
  });

  it('may be put right again after a command changed it', async () => {
    const { said, change } = await play([run, calls('run', { path: file, content: 'nothing\n' }), calls('write_file', { path: file, content: text, replace: true }), run, end], [red(), green]);
    expect(said(3)).not.toContain('denied');
    expect(change.touchedTests).toEqual([]);
  });

  it('that does not run any more is named, whatever its file says', async () => {
    const { change } = await play([run, run, end, end], [red(), { added: [{ id, file, status: 'skipped' }] }]);
    expect(change.touchedTests).toHaveLength(1);
  });

  it('is not frozen as it was never run: changed in the same turn', async () => {
    const both: ScriptedAnswer = { toolCalls: [{ name: 'run_tests', arguments: {} }, { name: 'edit_file', arguments: { path: file, edits: [{ old: '3', new: '4' }] } }] };
    const { change } = await play([both, run, end, end], [red(), green]);
    expect(change.addedTests).toEqual([{ id, red: 'never', passed: true }]);
  });
});

it('existing tests that check less hold the end up once, and are named in the report', async () => {
  const touched = [{ file: 'test/old.test.js', what: 'test/old.test.js > old is skipped now.' }];
  const { said, change } = await play([run, end, end], [{ added: [], touched }]);
  expect(said(2)).toContain('Existing tests are the specification, and some no longer check what they did; put them back, or say in the summary why the task asks for it: test/old.test.js > old is skipped now.');
  expect(change.touchedTests).toEqual(touched);
});
