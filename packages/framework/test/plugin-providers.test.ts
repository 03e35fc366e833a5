import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFramework, openModels } from '@fw/framework';
import type { Config, OpenModels } from '@fw/framework';
import { scripted } from '@fw/models/scripted';
import type { ModelEvent, ModelRequest } from '@fw/models';
import { detectSandbox } from '@fw/workspace';
import { keptFolder, packageJson, removeKeptFolders } from './plugin-folder.ts';
import { configOf, developerWrites, makeProject } from './scripted-team.ts';

const { available } = await detectSandbox();
const team = scripted({ name: 'team', script: configOf(developerWrites('n * 2')).providers!['scripted']!.script as never });
const seen: { readonly key: string | undefined; readonly known: string }[] = [];
const most = { now: 0, ever: 0 };
let service: Server;
let origin = '';

/** Answers as the scripted team does, in one piece. */
beforeAll(async () => {
  service = createServer((request, response) => void (async () => {
    most.ever = Math.max(most.ever, (most.now += 1));
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { asked, known } = JSON.parse(text) as { readonly asked: ModelRequest; readonly known: string };
    seen.push({ key: request.headers.authorization, known });
    const events: ModelEvent[] = [];
    for await (const event of team.stream(asked, { model: 'any', key: 'k', attempt: 1, signal: new AbortController().signal, onHeaders() {} })) events.push(event);
    most.now -= 1;
    response.end(JSON.stringify(events));
  })().catch(() => response.writeHead(500).end()));
  await new Promise<void>((resolve) => { service.listen(0, '127.0.0.1', resolve); });
  origin = `127.0.0.1:${String((service.address() as AddressInfo).port)}`;
});
afterAll(() => {
  service.close();
  removeKeptFolders();
});

/** A provider that asks the service above, and does what the model's name says. */
const gateway = (isolation: string, timeoutMs?: number): string => keptFolder({
  'package.json': packageJson('acme', { isolation, contributes: { providers: ['acme.gateway'] }, permissions: { net: [origin], env: ['ACME_KEY'], models: { maxUsdPerRun: 1 } }, ...(timeoutMs !== undefined && { timeouts: { process: timeoutMs } }) }),
  'index.js': `
export default { specVersion: 1, initialize(context) {
  context.providers.register({ specVersion: 1, name: 'acme.gateway', async *stream(request, { model, attempt, signal, onHeaders }) {
    yield { type: 'start', model: 'acme-' + model, attempt };
    if (model === 'busy') throw Object.assign(new Error('Come back later.'), { failure: 'rate-limit', status: 429 });
    if (model === 'crash') process.reallyExit(3);
    if (model === 'hang') await new Promise(() => {});
    if (model === 'lie') { yield { type: 'usage', usage: { inputTokens: -4 } }; }
    if (model === 'itself') yield { type: 'text', delta: await context.models.generate({ messages: [{ role: 'user', content: 'x' }] }).then(() => 'answered', (error) => error.code + ' ' + error.message) };
    else if (model === 'born') yield { type: 'text', delta: String(globalThis.born ??= Math.random()) };
    else if (model === 'cheap') { yield { type: 'text', delta: 'four words of text' }; yield { type: 'usage', usage: { inputTokens: 1000, outputTokens: 1000, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 0 } }; }
    else if (model === 'long') { for (let piece = 0; piece < 2_000; piece += 1) yield { type: 'text', delta: piece + ' ' }; }
    else {
      const response = await context.fetch('http://${'${origin}'}/', { method: 'POST', headers: { authorization: context.env.ACME_KEY }, timeoutMs: 60_000, body: JSON.stringify({ asked: request, known: JSON.stringify([process.env, context.env, context.config ?? null, Object.keys(context)]) }) });
      for (const event of await response.json()) if (event.type !== 'start') yield event;
      return;
    }
    yield { type: 'finish', reason: 'stop', raw: 'stop' };
  } });
} };
`.replaceAll('${origin}', origin) });

const price = { usdPerMillion: { input: 1, output: 1 } };
const environment = { ACME_KEY: 'the-acme-key', OPENAI_API_KEY: 'the-openai-key' };
const configWith = (plugin: string, more: Config = {}): Config => ({
  providers: { acme: { use: 'acme.gateway', apiKeyEnv: 'ACME_KEY' }, openai: { use: 'openai', apiKeyEnv: 'OPENAI_API_KEY' } },
  models: { default: { use: 'acme/team', card: { price } } },
  plugins: [plugin],
  ...more,
});

describe.skipIf(!available)('a provider of a plugin in a process of its own', () => {
  test('drives a run: each call goes through the limits and the books, and it knows its own key alone', async () => {
    const { directory, home } = await makeProject();
    const config = configWith(gateway('process'), { budgets: { run: { usd: 1 } }, models: { default: { use: 'acme/team', limits: { concurrency: 1 }, card: { price, maxOutputTokens: 2_000 } } } });
    const framework = createFramework({ config, home, environment });
    const result = await framework.execute('Add double(n).', { workspace: directory, id: 'through-acme' });
    expect(result).toMatchObject({ status: 'success', simulated: false });
    expect(result.usage.costNanoUsd).toBeGreaterThan(0);
    expect(framework.models.list()[0]).toMatchObject({ candidates: ['acme/team'], simulated: false });
    const { receipts } = await framework.use();
    expect(receipts.length).toBe(seen.length);
    expect(new Set(seen.map(({ key }) => key))).toEqual(new Set(['the-acme-key']));
    expect(seen.map(({ known }) => known).join('')).not.toContain('the-openai-key');
    expect(most.ever).toBe(1);
    expect(await framework.replay('through-acme')).toBeDefined();
    await framework.close();
  });

  let models: OpenModels;
  beforeAll(async () => {
    const { home, directory } = await makeProject();
    models = await openModels({ config: configWith('', { plugins: [{ use: gateway('process'), required: true }], models: { spare: { use: 'acme/long' }, ...Object.fromEntries(['busy', 'crash', 'lie'].map((name) => [name, { use: `acme/${name}`, fallback: ['spare'] }])), cheap: { use: 'acme/cheap', card: { price } } } }), home, directory, environment });
  });
  afterAll(() => models.close());
  const ask = (name: string): ReturnType<ReturnType<OpenModels['registry']['get']>['generate']> => models.registry.get(name).generate({ messages: [{ role: 'user', content: 'Hello?' }] });

  test('streams thousands of pieces in order', async () => {
    expect((await ask('spare')).text).toBe(Array.from({ length: 2_000 }, (_, piece) => `${String(piece)} `).join(''));
  });

  test('is left in the middle of an answer as often as one likes', async () => {
    const { text: born } = await ask('acme/born');
    for (let turn = 0; turn < 80; turn += 1) {
      for await (const event of models.registry.get('spare').stream({ messages: [{ role: 'user', content: 'Hello?' }] })) if (event.type === 'text') break;
    }
    expect((await ask('acme/born')).text).toBe(born);
  });

  test.each([['busy', 'rate-limit'], ['lie', 'server'], ['crash', 'server']])('when it is %s the next model answers, and the attempt is booked as %s', async (name, kind) => {
    const { text, receipt } = await ask(name);
    expect(text).toContain('1999');
    expect(receipt.attempts.map(({ failure }) => failure?.kind)).toContain(kind);
  });

  test('does not say what its answers cost: the card does', async () => {
    expect((await ask('cheap')).usage).toMatchObject({ inputTokens: 1_000, costNanoUsd: 2_000_000 });
  });

  test('asks no model itself, so that nothing waits for itself', async () => {
    expect((await ask('acme/itself')).text).toContain('FW_PLUGIN_DENIED');
  });

  test('is ended with the deadline of its plugin when it does not answer', async () => {
    const { home, directory } = await makeProject();
    const hanging = await openModels({ config: configWith(gateway('process', 300)), home, directory, environment });
    await expect(hanging.registry.get('acme/hang').generate({ messages: [{ role: 'user', content: 'x' }] })).rejects.toMatchObject({ code: 'FW_MODEL_SERVER', message: expect.stringContaining('did not end within 300 ms') as string });
    await hanging.close();
  });
});

test('one that runs inline is called in the same way', async () => {
  const { home, directory } = await makeProject();
  const { registry, close } = await openModels({ config: configWith(gateway('inline')), home, directory, environment });
  expect((await registry.get('acme/long').generate({ messages: [{ role: 'user', content: 'x' }] })).text).toContain('1999');
  await close();
});

test.each<readonly [string, Config, string, RegExp]>([
  ['no plugin has it', { providers: { acme: { use: 'other.gateway' } } }, 'FW_CONFIG_INVALID', /providers\.acme\.use: no plugin of this config contributes the provider "other\.gateway"/],
  ['its name is a slip', { providers: { acme: { use: 'acme.gatewya' } } }, 'FW_CONFIG_INVALID', /did you mean "acme\.gateway"/],
  ['it is to be told an address', { providers: { acme: { use: 'acme.gateway', baseURL: 'http://127.0.0.1:1' } } }, 'FW_CONFIG_INVALID', /providers\.acme\.baseURL.*its own config/],
  ['its key is not set', { providers: { acme: { use: 'acme.gateway', apiKeyEnv: 'UNSET' } } }, 'FW_KEY_MISSING', /UNSET/],
  ['its plugin cannot be started', { providers: { acme: { use: 'acme.gateway' } }, plugins: [keptFolder({ 'package.json': packageJson('acme', { contributes: { providers: ['acme.gateway'] } }), 'index.js': 'throw new Error("broken");' })] }, 'FW_PLUGIN_LOAD', /"acme\.gateway" cannot be had.*broken/],
])('a run is refused before it begins when %s', async (_why, changes, code, message) => {
  const { home, directory } = await makeProject();
  const begin = async (): Promise<unknown> => {
    const framework = createFramework({ config: configWith(gateway('inline'), changes), home, environment });
    return framework.execute('Add double(n).', { workspace: directory }).finally(() => framework.close());
  };
  await expect(begin()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
});

test.skipIf(!available)('one of another version of the contract is refused', async () => {
  const { home } = await makeProject();
  const plugin = keptFolder({ 'package.json': packageJson('acme', { isolation: 'process', contributes: { providers: ['acme.gateway'] } }), 'index.js': 'export default { specVersion: 1, initialize(context) { context.providers.register({ specVersion: 2, name: "acme.gateway", async *stream() {} }); } };' });
  const framework = createFramework({ config: { plugins: [plugin] }, home });
  expect(await framework.plugins()).toMatchObject([{ status: 'failed', code: 'FW_PLUGIN_INVALID', error: expect.stringContaining('specVersion 1') as string }]);
  await framework.close();
});

test.skipIf(!available)('a key that its plugin was not granted is not for it', async () => {
  const { home, directory } = await makeProject();
  const opened = openModels({ config: configWith(gateway('process'), { providers: { acme: { use: 'acme.gateway', apiKeyEnv: 'OPENAI_API_KEY' } } }), home, directory, environment });
  await expect(opened).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining('the plugin acme is not told OPENAI_API_KEY; it is granted ACME_KEY') as string });
});
