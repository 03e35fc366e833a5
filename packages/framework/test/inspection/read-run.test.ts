import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createFramework } from '@fw/framework';
import type { Framework, RunInspection } from '@fw/framework';
import { packageJson, temporaryFolder } from '../plugin-folder.ts';
import { configOf, developerWrites, makeProject } from '../scripted-team.ts';

let framework: Framework;
let home: string;
let run: RunInspection;

beforeAll(async () => {
  const { directory, home: made } = await makeProject();
  home = made;
  framework = createFramework({ config: configOf(developerWrites('n + 3'), { budgets: { run: { tokens: 1_000_000 } } }), home, sandbox: 'preferred' });
  await framework.execute('Add double(n).', { workspace: directory, id: 'r1' });
  run = await framework.inspect('r1');
});
afterAll(async () => { await framework.close(); });

test('a run that is sent back is told by revisions, each with why it was asked for and what the gates say of it', () => {
  expect(run.revisions.length).toBeGreaterThan(1);
  const [first, second] = run.revisions;
  expect(first).toMatchObject({ number: 0, asked: null, verdict: 'rejected' });
  expect(second).toMatchObject({ number: 1, asked: { from: 'testing', to: 'implementation', event: 'tests-fail' } });
  expect(second?.asked?.requests[0]).toMatchObject({ reason: 'tests' });
  expect(first?.gates.find(({ gate }) => gate === 'tests')).toMatchObject({ status: 'failed' });
  expect(run.reasons).toEqual([{ from: 'testing', reason: 'tests', to: 'implementation', count: run.revisions.length - 1 }]);
  expect(run.revisions.map(({ fromSeq }) => fromSeq)).toEqual([1, ...run.revisions.slice(0, -1).map(({ toSeq }) => toSeq + 1)]);
});

test('the parts of an inspection add up to the same run', () => {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  expect(sum(run.costs.map(({ usage }) => usage.inputTokens))).toBe(run.usage.inputTokens);
  expect(sum(run.revisions.map(({ usage }) => usage.inputTokens))).toBe(run.usage.inputTokens);
  expect(sum(run.receipts.map(({ usage }) => usage.inputTokens))).toBe(run.usage.inputTokens);
  expect(run.limits).toMatchObject([{ name: 'run tokens', limit: 1_000_000, used: run.usage.inputTokens + run.usage.outputTokens }]);
  expect(run.spans.filter(({ kind }) => kind === 'state')).toHaveLength(run.states.length);
  expect(run.measurements.find(({ kind }) => kind === 'tests')).toMatchObject({ tests: { passed: 1, failed: 1 }, failures: [{ id: 'test/double.test.js > doubles' }] });
  expect(JSON.parse(JSON.stringify(run))).toEqual(run);
});

test('what a revision changed is shown line by line, and only trees of the run can be asked for', async () => {
  const [first] = run.revisions;
  const diff = await framework.diff('r1', { from: first!.before!, to: first!.after! });
  expect(diff.map(({ file, status }) => [file, status])).toEqual([['src/math.js', 'modified'], ['test/double.test.js', 'added']]);
  expect(diff[0]?.lines.at(-1)).toEqual({ type: 'added', new: 2, text: 'export const double = (n) => n + 3;' });
  await expect(framework.diff('r1', { to: 'HEAD' })).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
  await expect(framework.diff('r1', { from: '--output=/tmp/x' })).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
});

test('the log goes on behind any entry, and a step is shown with what it was called with', async () => {
  const lines = await framework.log('r1');
  expect(lines.at(-1)?.seq).toBe(run.lastSeq);
  expect(await framework.log('r1', { after: 10 })).toEqual(lines.slice(10));
  const call = lines.find(({ step, kind }) => step === 'tool.write_file' && kind !== 'begin')!;
  expect(call).toMatchObject({ ok: true, summary: expect.stringContaining('test/double.test.js') as string });
  expect(await framework.step('r1', call.seq)).toMatchObject({ arguments: { path: 'test/double.test.js' }, output: { ok: true } });
  await expect(framework.step('r1', 100_000)).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
});

test('what a model was asked is shown, whole, as its digest in the journal says', async () => {
  const lines = await framework.log('r1');
  const asked = lines.filter(({ origin, agent, kind }) => origin === 'model' && agent === 'developer' && kind === 'step');
  const request = await framework.stepInput('r1', asked[1]!.seq) as { readonly messages: readonly { readonly role: string }[]; readonly tools: readonly { readonly name: string }[] };
  expect(request.messages.map(({ role }) => role).slice(0, 4)).toEqual(['system', 'user', 'assistant', 'tool']);
  expect(JSON.stringify(request.messages[1])).toContain('Add double(n).');
  expect(request.tools.map(({ name }) => name)).toContain('write_file');
  expect(await framework.stepInput('r1', lines.find(({ step }) => step === 'enter')!.seq)).toBeNull();
  await expect(framework.stepInput('r1', 100_000)).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
  await expect(framework.stepInput('r2', 1)).rejects.toMatchObject({ code: 'FW_RUN_UNKNOWN' });
});

test('what a model was asked is not made up where its tools are others by now', async () => {
  const folder = temporaryFolder({
    'package.json': packageJson('more', { contributes: { tools: ['more.look'] } }),
    'index.js': "export default { specVersion: 1, initialize: (context) => void context.tools.register({ kind: 'leaf', name: 'more.look', description: 'Looks.', inputSchema: { type: 'object' }, effect: 'pure', run: async () => ({ ok: true, text: '' }) }) };",
  });
  const other = createFramework({ config: configOf(developerWrites('n + 3'), { plugins: [folder] }), home, sandbox: 'preferred' });
  onTestFinished(() => other.close());
  const asked = (await other.log('r1')).find(({ origin, agent }) => origin === 'model' && agent === 'developer');
  await expect(other.stepInput('r1', asked!.seq)).rejects.toMatchObject({ code: 'FW_WORKFLOW_DIVERGED', message: expect.stringContaining('cannot be made again') as string });
});

test('use sums over runs, and what a fork took over is not counted again', async () => {
  const before = await framework.use();
  expect(before).toMatchObject({ runs: 1 });
  expect(before.receipts).toHaveLength(run.receipts.length);
  expect(before.contributions.find(({ kind, name }) => kind === 'agents' && name === 'developer')).toMatchObject({ calls: run.revisions.length });
  const fork = await framework.fork('r1', { at: run.lastSeq - 3, id: 'f1' });
  await fork.result();
  const forked = await framework.inspect('f1');
  const after = await framework.use();
  expect(forked.forkedFrom).toMatchObject({ run: 'r1' });
  expect(after.receipts.length - before.receipts.length).toBe(forked.receipts.filter(({ seq }) => seq > forked.forkedFrom!.entries).length);
  expect(after.receipts.length - before.receipts.length).toBeLessThan(run.receipts.length);
});

test('the report is one page without a script or a request, and its style is the only one that its policy allows', async () => {
  const { html, contentPolicy } = await framework.htmlReport('r1');
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  expect(contentPolicy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|\sstyle=|\son\w+=|url\(|@import/i);
  expect(html).toContain('Gates over revisions');
  expect(html).toContain('export const double = (n) =&gt; n + 3;');
});

test('text of a run stays text in the report, and what cannot be seen is written out', async () => {
  const { directory, home } = await makeProject();
  const other = createFramework({ config: configOf([]), home, sandbox: 'preferred' });
  await other.execute('</h1><script>alert(1)</script> \u202Egpj.exe & "\u0007', { workspace: directory, id: 'r1' });
  const { html } = await other.htmlReport('r1');
  expect(html).toContain('&lt;/h1&gt;&lt;script&gt;alert(1)&lt;/script&gt; ⟨U+202E⟩gpj.exe &amp; &quot;⟨U+0007⟩');
  expect(html).not.toContain('<script');
  await other.close();
});
