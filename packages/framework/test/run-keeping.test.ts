import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createFramework } from '@fw/framework';
import type { Config, Framework } from '@fw/framework';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

const good = configOf(developerWrites('n * 2'));

/** A run that has ended, and the framework it ran in. */
async function ran(config: Config = good, id = 'r1'): Promise<{ readonly framework: Framework; readonly home: string; readonly directory: string }> {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config, home, sandbox: 'preferred' });
  await framework.execute('Add double(n).', { workspace: directory, id });
  return { framework, home, directory };
}

test('an ended run replays to the same bytes, without keys, models or commands', async () => {
  const { framework, home } = await ran();
  const entries = await framework.log('r1');
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
  const { head } = await framework.show('r1');
  await framework.close();
  const elsewhere = createFramework({ config: {}, home });
  expect(await elsewhere.replay('r1')).toMatchObject({ head, complete: true, entries: entries.length });
  await elsewhere.close();
});

test('a fork takes over what was paid, its files, and nothing after that place', async () => {
  const { framework } = await ran();
  const log = await framework.log('r1');
  const calls = (lines: typeof log): number => lines.filter((line) => line.origin === 'model' && line.kind !== 'begin').length;
  for (const place of [log.findLast((line) => line.state === 'design')!, log.findLast((line) => line.tree !== undefined && line.state === 'implementation')!]) {
    const before = (await framework.stats()).models[0]?.calls ?? 0;
    const fork = await framework.fork('r1', { at: place.seq });
    const result = await fork.result();
    expect(result).toMatchObject({ run: fork.id, status: 'success', verdict: { verdict: 'accepted' } });
    const took = log.filter((line) => line.seq <= place.seq);
    expect((await framework.stats()).models[0]!.calls - before).toBe(calls(await framework.log(fork.id)));
    expect(calls(await framework.log(fork.id)) - calls(took)).toBe(calls(log) - calls(took));
    expect(await framework.replay(fork.id)).toMatchObject({ complete: true });
  }
  await framework.close();
});

test('a fork asks the models that it is told from there on, and refuses ones that there are not', async () => {
  const other = { ...good, providers: { ...good.providers, other: { use: 'scripted', script: good.providers!['scripted']!.script! } } };
  const { framework } = await ran(other);
  const log = await framework.log('r1');
  const at = log.findLast((line) => line.state === 'design')!.seq;
  await expect(framework.fork('r1', { at, models: { developer: 'nobody/x' } })).rejects.toMatchObject({ code: expect.stringMatching(/^FW_MODEL/) as string });
  await expect(framework.fork('r1', { at, models: { cook: 'other/x' } })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID' });
  await expect(framework.fork('r1', { at: 10_000 })).rejects.toMatchObject({ code: 'FW_WORKFLOW_ILLEGAL' });
  const fork = await framework.fork('r1', { at, models: { developer: 'other/x' }, id: 'forked' });
  const models = new Set<string>();
  for await (const event of fork.events()) if (event.type === 'model.called') models.add(`${event.agent} ${event.model}`);
  expect([...models]).toEqual(['architect team', 'reviewer team', 'developer x']);
  expect(await framework.replay('forked')).toMatchObject({ complete: true });
  await framework.close();
});

test('an exported run is the same run in another home: shown, replayed, forked', async () => {
  const { framework } = await ran();
  const archive = JSON.parse(JSON.stringify(await framework.export('r1'))) as Awaited<ReturnType<Framework['export']>>;
  const { head } = await framework.show('r1');
  const at = (await framework.log('r1')).findLast((line) => line.state === 'implementation')!.seq;
  await framework.close();

  const { home } = await makeProject();
  const other = createFramework({ config: good, home, sandbox: 'preferred' });
  await expect(other.import(archive)).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED' });
  expect(await other.import(archive, { trust: true })).toBe('r1');
  expect(await other.show('r1')).toMatchObject({ head, status: 'success', verdict: { verdict: 'accepted' } });
  expect(await other.replay('r1')).toMatchObject({ head, complete: true });
  expect(await (await other.fork('r1', { at })).result()).toMatchObject({ status: 'success' });
  await expect(other.import(archive, { trust: true })).rejects.toMatchObject({ code: 'FW_RUN_EXISTS' });
  await other.close();
});

test('what is no archive, or a damaged or hostile one, is refused and leaves nothing', async () => {
  const { framework } = await ran();
  const archive = await framework.export('r1');
  await framework.close();
  const { home } = await makeProject();
  const other = createFramework({ config: good, home });
  const run = archive.run as unknown as { readonly run: { readonly id: string; readonly input: { readonly config: object } }; readonly entries: readonly object[] };
  const wrong: readonly unknown[] = [
    null, {}, { ...archive, version: 2 }, { ...archive, run: { ...run, run: { ...run.run, id: '../../evil' } } }, { ...archive, run: { ...run, entries: run.entries.slice(1) } },
    { ...archive, files: { ...archive.files, pack: archive.files.pack.slice(0, 400) } }, { ...archive, files: { ...archive.files, base: 'f'.repeat(40) } },
    { ...archive, run: { ...run, run: { ...run.run, input: { ...run.run.input, feedback: { knobs: 5 } } } } },
  ];
  for (const one of wrong) await expect(other.import(one, { trust: true })).rejects.toMatchObject({ code: expect.stringMatching(/^FW_/) as string });
  const far = { ...archive, run: { ...run, run: { ...run.run, input: { ...run.run.input, sandbox: 'required', config: { providers: { far: { use: 'openai', baseURL: 'https://example.org/v1' } } } } } } };
  await expect(other.import(far)).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED', message: expect.stringContaining('example.org') as string });
  expect(await other.runs()).toEqual([]);
  expect(await readdir(path.join(home, 'runs'))).toEqual([]);
  await other.close();
});

test('ended runs are removed with their files, one or those that are old; others stay', async () => {
  const { framework, home, directory } = await ran();
  await framework.execute('Add double(n).', { workspace: directory, id: 'r2' });
  await framework.execute('Add double(n).', { workspace: directory, id: 'r3' });
  await framework.remove('r1');
  expect(existsSync(path.join(home, 'runs', 'r1'))).toBe(false);
  await expect(framework.show('r1')).rejects.toMatchObject({ code: 'FW_RUN_UNKNOWN' });
  expect(await framework.prune({ olderThanMs: 60_000 })).toMatchObject({ runs: [] });
  expect(await framework.prune({ olderThanMs: 0, keep: 1 })).toMatchObject({ runs: ['r2'], bytes: expect.any(Number) as number });
  expect((await framework.runs()).map((run) => run.id)).toEqual(['r3']);
  expect(await readdir(path.join(home, 'runs'))).toEqual(['r3']);
  expect(await framework.replay('r3')).toMatchObject({ complete: true });
  await framework.close();
});

test('a waiting run is not removed; stopped, it is cancelled and can be', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: { ...good, workflow: { approvals: ['design'] } }, home, sandbox: 'preferred' });
  expect(await framework.execute('Add double(n).', { workspace: directory, id: 'w' })).toMatchObject({ status: 'waiting' });
  await expect(framework.remove('w')).rejects.toMatchObject({ code: 'FW_RUN_NOT_ENDED' });
  expect(await framework.stop('w', 'Not needed any more.')).toMatchObject({ status: 'cancelled', message: expect.stringContaining('Not needed') as string });
  expect(await framework.stop('w', 'Again.')).toMatchObject({ status: 'cancelled' });
  await framework.remove('w');
  await framework.close();
});

test('ids that would lead out of the home are refused', async () => {
  const { directory, home } = await makeProject();
  const framework = createFramework({ config: good, home, sandbox: 'preferred' });
  for (const id of ['..', '../x', '', 'a/b', '.hidden', 'x'.repeat(200)]) await expect(framework.start('x', { workspace: directory, id })).rejects.toMatchObject({ code: 'FW_RUN_ID' });
  await framework.close();
  await rm(home, { recursive: true, force: true });
});
