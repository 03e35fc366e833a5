import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startFaultServer } from '@fw/models/fault-server';
import type { FaultServer, FaultServerOptions } from '@fw/models/fault-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let server: FaultServer | undefined;

beforeEach(() => mkdir(path.join(folder(), 'project')));
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  return runFw(['models', ...args], { cwd: path.join(folder(), 'project'), env: { FW_HOME: path.join(folder(), 'home'), OLLAMA_HOST: '127.0.0.1:1', ...env } });
}

async function configure(config: object, file = 'fw.config.json'): Promise<void> {
  await writeFile(path.join(folder(), 'project', file), JSON.stringify(config));
}

async function serve(answers: FaultServerOptions['answers']): Promise<object> {
  server = await startFaultServer({ wire: 'openai-chat', answers, apiKeys: ['the-real-key'] });
  return { work: { use: 'openai', baseURL: server.baseURL, apiKeyEnv: 'WORK_KEY' } };
}

const scripted = { here: { use: 'scripted', script: { version: 1, replies: [{ then: { text: 'ok' } }] } } };
const key = { WORK_KEY: 'the-real-key' };

describe('fw models test', () => {
  it('asks each model once, shortly, and shows its receipt', async () => {
    const providers = await serve({ text: 'ok', model: 'work-model-7', usage: { inputTokens: 9, outputTokens: 1 } });
    await configure({ providers: { ...providers, ...scripted }, models: { a: { use: 'work/m' }, b: { use: 'here/x' } } });
    const { exitCode, stdout, stderr } = await fw(['test', '--output', 'json'], key);
    expect(JSON.parse(stdout)).toMatchObject({
      models: [
        { name: 'a', status: 'answered', answeredBy: 'work-model-7', simulated: false, usage: { inputTokens: 9, outputTokens: 1, costNanoUsd: 'unknown' }, attempts: [{ model: 'work/m' }] },
        { name: 'b', status: 'answered', simulated: true, usage: { costNanoUsd: 0 } },
      ],
    });
    expect(exitCode).toBe(0);
    expect(server?.requests.map(({ body }) => body['max_tokens'])).toEqual([16]);
    expect(stdout + stderr).not.toContain('the-real-key');
    const one = await fw(['test', 'a'], key);
    expect(one.stderr).toContain('1 request of at most 144 tokens, 1 model of unknown price');
    expect(one.stdout).toMatch(/a +answered +work-model-7 +1/);
    expect(server?.requests).toHaveLength(2);
  });

  it('tells a refused key from a budget that has no room, and sends nothing for that', async () => {
    const providers = await serve({ text: 'ok' });
    await configure({ providers, models: { a: { use: 'work/m' } }, budgets: { run: { tokens: 5 } } });
    const broke = await fw(['test', '--output', 'json'], key);
    expect(JSON.parse(broke.stdout)).toMatchObject({ models: [{ status: 'failed', code: 'FW_MODEL_BUDGET' }] });
    expect(broke.exitCode).toBe(5);
    expect(server?.requests).toHaveLength(0);
    await configure({ providers, models: { a: { use: 'work/m' } } });
    const refused = await fw(['test', '--output', 'json'], { WORK_KEY: 'another-key' });
    expect(JSON.parse(refused.stdout)).toMatchObject({ models: [{ status: 'failed', code: 'FW_MODEL_AUTH', attempts: [{ failure: { status: 401 } }] }] });
    expect(refused.exitCode).toBe(6);
    expect(refused.stdout).not.toContain('another-key');
  });

  it('says what is missing: a provider, a key, a model', async () => {
    expect(await fw(['test'])).toMatchObject({ exitCode: 6, stdout: '', stderr: expect.stringContaining('No model is configured') as string });
    await configure({ providers: { work: { use: 'openai', apiKeyEnv: 'WORK_KEY' } } });
    expect(await fw(['test'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('fw models test work/<name>') as string });
    expect(await fw(['test', 'work/m'])).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('WORK_KEY') as string });
    expect(await fw(['test', 'nonsense'], key)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"nonsense"') as string });
    expect(await fw(['nonsense'], key)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ls, test, price or lock') as string });
  });
});

describe('fw models ls', () => {
  it('shows what names stand for, with candidates, prices and limits, and needs no key', async () => {
    await configure({
      providers: { openai: { use: 'openai', apiKeyEnv: 'WORK_KEY' } },
      models: { coder: { use: 'openai/gpt-4o-mini', fallback: ['small'], limits: { requestsPerMinute: 50 } }, small: { use: 'openai/no-such-model' } },
    });
    const { exitCode, stdout } = await fw(['ls', '--output', 'json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      providers: [{ name: 'openai', key: 'WORK_KEY', keyIsSet: false }],
      models: [
        { alias: 'coder', candidates: ['openai/gpt-4o-mini', 'openai/no-such-model'], price: { usdPerMillion: { input: 0.15 } }, limits: { requestsPerMinute: 50 } },
        { alias: 'small', price: null },
      ],
    });
    expect((await fw(['ls'])).stdout).toMatch(/coder +openai\/gpt-4o-mini +openai\/no-such-model +\$0.15 in \(\$0.075 cached\), \$0.6 out a million +requestsPerMinute 50/);
  });

  it('refuses a circle of fallbacks', async () => {
    await configure({ providers: scripted, models: { a: { use: 'here/a', fallback: ['b'] }, b: { use: 'here/b', fallback: ['a'] } } });
    expect(await fw(['ls'])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('a → b → a') as string });
  });
});

describe('fw models price', () => {
  it('says what a model and so many tokens cost, by reference or name, without a key', async () => {
    const priced = await fw(['price', 'anthropic/claude-sonnet-4-5@2026-06-30', '--input', '300000', '--cache-read', '100000', '--output', '1000', '--output', 'json']);
    expect(priced.exitCode).toBe(0);
    expect(JSON.parse(priced.stdout)).toMatchObject({
      reference: 'anthropic/claude-sonnet-4-5@2026-06-30',
      price: { usdPerMillion: { input: 3, output: 15, cacheRead: 0.3 }, longContext: [{ aboveInputTokens: 200_000 }] },
      costNanoUsd: 200_000 * 6_000 + 100_000 * 600 + 1_000 * 22_500,
    });
    await configure({ providers: { openai: { use: 'openai', apiKeyEnv: 'WORK_KEY' } }, models: { coder: { use: 'openai/gpt-4o-mini' } } });
    expect((await fw(['price', 'coder', '--input', '1000', '--output', '50'])).stdout).toMatch(/^openai\/gpt-4o-mini: \$0\.15 in .*\n1,000 input and 50 output tokens: \$0\.0002\n$/);
  });

  it('never calls an unknown price nothing', async () => {
    const { exitCode, stdout } = await fw(['price', 'openai/no-such-model', '--input', '5', '--output', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ price: null, costNanoUsd: 'unknown' });
    expect(exitCode).toBe(1);
  });

  it.each([[['price', 'x/y', '--input', '-1']], [['price', 'x/y', '--input', 'many']], [['price', 'x/y', '--input', '1', '--cache-read', '2']], [['price', 'nonsense']], [['price']], [['ls', '--output', '5']]])('refuses %j', async (args) => {
    expect(await fw(args)).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('fw models lock', () => {
  const file = (): string => path.join(folder(), 'project/fw.lock.json');
  const models = (use: string): object => ({ providers: { openai: { use: 'openai', apiKeyEnv: 'WORK_KEY' } }, models: { coder: { use } } });

  it('pins what names stand for, leaves other sections as they are, and finds what is not so any more', async () => {
    await configure(models('openai/gpt-4o-mini'));
    expect(await fw(['lock', '--check'])).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('locks no models') as string });
    await writeFile(file(), JSON.stringify({ plugins: { version: 1, plugins: { acme: 'sha512-x' } } }));
    const locked = await fw(['lock', '--output', 'json']);
    expect(locked.exitCode).toBe(0);
    expect(JSON.parse(locked.stdout)).toMatchObject({ file: file(), status: 'written', drifts: [] });
    const written = JSON.parse(await readFile(file(), 'utf8')) as object;
    expect(written).toMatchObject({
      plugins: { version: 1, plugins: { acme: 'sha512-x' } },
      models: { version: 1, models: { coder: { candidates: ['openai/gpt-4o-mini'], price: { usdPerMillion: { input: 0.15 } }, limits: {} } } },
    });
    expect(await fw(['lock', '--check'])).toMatchObject({ exitCode: 0 });
    await configure(models('openai/gpt-4o'));
    const drifted = await fw(['lock', '--check', '--output', 'json']);
    expect(JSON.parse(drifted.stdout)).toMatchObject({ status: 'drifted', drifts: [{ alias: 'coder', kind: 'candidates' }, { alias: 'coder', kind: 'price' }] });
    expect(drifted.exitCode).toBe(1);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(written);
    expect(await readdir(path.join(folder(), 'project'))).toEqual(['fw.config.json', 'fw.lock.json']);
  });

  it.each([['{"models":', 'is no JSON'], ['[]', 'no object']])('does not touch a file that is something else: %s', async (content, why) => {
    await configure(models('openai/gpt-4o-mini'));
    await writeFile(file(), content);
    for (const args of [['lock'], ['lock', '--check']]) expect(await fw(args)).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining(why) as string });
    expect(await readFile(file(), 'utf8')).toBe(content);
  });

  it('is looked at by fw run, which says what is not so any more, and refuses what is no lock before anything is paid', async () => {
    await configure({ providers: scripted, models: { coder: { use: 'here/x' } } });
    await writeFile(path.join(folder(), 'project/package.json'), '{}');
    expect((await fw(['lock'])).exitCode).toBe(0);
    const run = (): Promise<Ended> => runFw(['run', 'Do it.', '--quiet'], { cwd: path.join(folder(), 'project'), env: { FW_HOME: path.join(folder(), 'home') } });
    await configure({ providers: scripted, models: { coder: { use: 'here/y' } } });
    expect((await run()).stderr).toContain('"coder"');
    await writeFile(file(), '[]');
    expect(await run()).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringContaining('no object') as string });
  });

  it('refuses a section that is no lock, and a folder without names', async () => {
    await configure(models('openai/gpt-4o-mini'));
    await writeFile(file(), '{"models":{"version":2}}');
    expect(await fw(['lock', '--check'])).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('The lock of the models') as string });
    await configure({ providers: scripted });
    expect(await fw(['lock'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing to lock') as string });
  });
});
