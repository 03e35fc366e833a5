import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/load-config.ts';
import type { LoadConfigOptions, LoadedConfig } from '../src/load-config.ts';

let root: string;
let home: string;
let workspace: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-config-')));
  home = path.join(root, 'home');
  workspace = path.join(root, 'project');
  await mkdir(home);
  await mkdir(workspace);
});
afterEach(() => rm(root, { recursive: true, force: true }));

function load(options: Partial<LoadConfigOptions> = {}): Promise<LoadedConfig> {
  return loadConfig({ workspace, home, environment: {}, ...options });
}
function write(folder: string, name: string, content: unknown): Promise<void> {
  return writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}
const local = { use: 'openai', baseURL: 'http://127.0.0.1:9/v1' };

describe('loadConfig', () => {
  it('gives the defaults when there is no file', async () => {
    await expect(load({ defaults: { providers: { local } } })).resolves.toEqual({ config: { providers: { local } }, origins: { 'providers.local': 'defaults' } });
  });

  it('lets each layer win over the one below and remembers where a value came from', async () => {
    await write(home, 'config.yaml', 'providers:\n  local: { use: openai, baseURL: "http://127.0.0.1:1/v1" }\nmodels:\n  a: { use: local/a }\n  b: { use: local/b }\n');
    await write(workspace, 'fw.config.json', { models: { a: { use: 'local/project' } }, agents: { architect: 'a', developer: 'b' } });
    const { config, origins } = await load({ environment: { FW_MODEL: 'local/fromEnvironment' }, flags: { model: 'local/fromFlag' } });
    expect(config.models).toEqual({ a: { use: 'local/project' }, b: { use: 'local/b' } });
    expect(config.agents).toEqual({ architect: 'local/fromFlag', developer: 'local/fromFlag', reviewer: 'local/fromFlag' });
    expect(origins).toMatchObject({
      'models.a': path.join(workspace, 'fw.config.json'), 'models.b': path.join(home, 'config.yaml'), 'agents.developer': '--model',
    });
  });

  it('takes single values from variables, above the files and below flags, and leaves what is beside them', async () => {
    await write(workspace, 'fw.config.json', { $schema: './schema.json', budgets: { run: { usd: 5, tokens: 1_000 } }, providers: { local }, agents: { developer: 'local/a' } });
    const { config, origins } = await load({
      environment: { FW_BUDGETS_RUN_USD: '2.5', FW_WORKFLOW_QUESTIONS: 'true', FW_WORKFLOW_APPROVALS: 'design', FW_WORKSPACE_MAX_FILES: '7', FW_ENGINE: 'restate', FW_PLUGINS: 'fw-plugin-a, fw-plugin-b', FW_AGENTS_DEVELOPER: 'local/b', FW_AGENTS_REVIEWER: 'local/c', FW_HOME: '/x' },
      flags: { model: 'local/d' },
    });
    expect(config).toEqual({
      budgets: { run: { usd: 2.5, tokens: 1_000 } }, providers: { local }, workflow: { questions: true, approvals: ['design'] }, workspace: { maxFiles: 7 }, engine: 'restate', plugins: ['fw-plugin-a', 'fw-plugin-b'],
      agents: { architect: 'local/d', developer: 'local/d', reviewer: 'local/d' },
    });
    expect(origins).toMatchObject({ 'budgets.run': path.join(workspace, 'fw.config.json'), 'budgets.run.usd': 'FW_BUDGETS_RUN_USD', 'agents.developer': '--model' });
  });

  it.each([
    [{ FW_BUDGETS_RUN_USD: 'much' }, 'FW_BUDGETS_RUN_USD: "much" is no number'],
    [{ FW_BUDGETS_RUN_USD: '-1' }, 'FW_BUDGETS_RUN_USD: budgets.run.usd'],
    [{ FW_WORKFLOW_QUESTIONS: 'yes' }, 'FW_WORKFLOW_QUESTIONS: "yes" is neither true nor false'],
    [{ FW_WORKFLOW_QUESTION: 'true' }, 'FW_WORKFLOW_QUESTION: there is no such key; did you mean "FW_WORKFLOW_QUESTIONS"?'],
    [{ FW_ENGINE: 'locl' }, 'FW_ENGINE: engine: "locl" is not possible; did you mean "local"?'],
    [{ FW_AGENTS_DEVELOPER: 'nobody' }, 'FW_AGENTS_DEVELOPER: agents.developer: "nobody" is not of the form provider/model'],
  ])('refuses %j with the variable\'s name', async (environment, message) => {
    await expect(load({ environment: environment as LoadConfigOptions['environment'] })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining(message) });
  });

  it('reads package.json, but not the manifest of a plugin', async () => {
    await write(workspace, 'package.json', { name: 'x', fw: { engine: 'local' } });
    expect((await load()).config).toEqual({ engine: 'local' });
    await write(workspace, 'package.json', { name: 'x', fw: { manifest: 1, id: 'acme' } });
    expect((await load()).config).toEqual({});
    await write(workspace, 'package.json', '{ broken');
    expect((await load()).config).toEqual({});
  });

  it('refuses two files for one project', async () => {
    await write(workspace, 'fw.config.json', {});
    await write(workspace, 'fw.config.yaml', '{}');
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining('fw.config.json and fw.config.yaml') });
  });

  it('takes the named file in place of the project\'s', async () => {
    await write(workspace, 'fw.config.json', { broken: true });
    await write(root, 'other.yaml', 'engine: local');
    expect((await load({ file: path.join(root, 'other.yaml') })).config).toEqual({ engine: 'local' });
    await expect(load({ file: path.join(root, 'none.json') })).rejects.toMatchObject({ code: 'FW_CONFIG_NOT_FOUND' });
    await expect(load({ file: root })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID' });
  });

  it.each([
    ['fw.config.json', '{ "engine": '],
    ['fw.config.yaml', 'engine: [local'],
    ['fw.config.yaml', 'engine: !!js/function "process.exit()"'],
    ['fw.config.yaml', `a: &a [1,1]\n${Array.from({ length: 12 }, (_, index) => `b${String(index)}: &b${String(index)} [${`*${index === 0 ? 'a' : `b${String(index - 1)}`},`.repeat(9)}]`).join('\n')}`],
    ['fw.config.json', 'x'.repeat(1024 * 1024 + 1)],
  ])('names the file when %s cannot be read', async (name, content) => {
    await write(workspace, name, content);
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining(path.join(workspace, name)) });
  });

  it('resolves relative paths against the file that names them', async () => {
    await mkdir(path.join(root, 'conf'));
    await write(path.join(root, 'conf'), 'fw.json', { providers: { s: { use: 'scripted', script: 'play.json' } }, plugins: ['./acme', 'package-name'] });
    const { config } = await load({ file: path.join(root, 'conf/fw.json') });
    expect(config.providers?.['s']?.script).toBe(path.join(root, 'conf/play.json'));
    expect(config.plugins).toEqual([path.join(root, 'conf/acme'), 'package-name']);
  });

  it.each([
    [{ models: { coder: { use: 'lokal/x' } } }, 'models.coder.use: "lokal/x" names the provider "lokal", which is not configured; did you mean "local"?'],
    [{ models: { coder: { use: 'x' } } }, 'models.coder.use: "x" is not of the form provider/model'],
    [{ models: { coder: { use: 'local/x', fallback: ['codr'] } } }, 'models.coder.fallback.0: "codr" is neither a model of this config nor of the form provider/model; did you mean "coder"?'],
    [{ models: { coder: { use: 'local/x' } }, agents: { developer: 'codr' } }, 'agents.developer: "codr"'],
  ])('finds a name that points at nothing in %j', async (config, problem) => {
    await write(workspace, 'fw.config.json', { providers: { local }, ...config });
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining(`${path.join(workspace, 'fw.config.json')}: ${problem}`) });
  });
});

describe('trust', () => {
  const code = 'export default { engine: \'local\' as const };';

  it('does not run code that was not trusted', async () => {
    const ran = path.join(root, 'ran');
    await write(workspace, 'fw.config.js', `import fs from 'node:fs'; fs.writeFileSync(${JSON.stringify(ran)}, ''); export default {};`);
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED', message: expect.stringContaining('--trust') });
    await expect(realpath(ran)).rejects.toThrow();
  });

  it('remembers trust until the content or the place changes', async () => {
    await write(workspace, 'fw.config.ts', code);
    expect((await load({ trust: true })).config).toEqual({ engine: 'local' });
    expect((await load()).config).toEqual({ engine: 'local' });
    await write(workspace, 'fw.config.ts', `${code}\n`);
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED' });
    const elsewhere = path.join(root, 'elsewhere');
    await mkdir(elsewhere);
    await write(elsewhere, 'fw.config.ts', code);
    await expect(load({ workspace: elsewhere })).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED' });
  });

  it('names the file whose code throws or exports nothing', async () => {
    await write(workspace, 'fw.config.js', 'throw new Error("no luck")');
    await expect(load({ trust: true })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringMatching(/fw\.config\.js: no luck\./) });
    const named = path.join(root, 'empty.js');
    await write(root, 'empty.js', 'export const x = 1;');
    await expect(load({ file: named, trust: true })).rejects.toMatchObject({ code: 'FW_CONFIG_INVALID', message: expect.stringContaining('no default export') });
  });

  it.each([
    [{ plugins: ['./acme'] }, 'names plugins'],
    [{ providers: { a: { use: 'openai', baseURL: 'https://models.example/v1', apiKeyEnv: 'OPENAI_API_KEY' } } }, 'sends prompts and a key to https://models.example/v1'],
  ])('asks before the data of a project reaches further: %j', async (config, why) => {
    await write(workspace, 'fw.config.json', config);
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED', message: expect.stringContaining(why) });
    await expect(load({ trust: true })).resolves.toBeDefined();
    await expect(load()).resolves.toBeDefined();
  });

  it('does not give runs to a server elsewhere that a project names, until it is trusted', async () => {
    await write(home, 'config.json', { engine: 'local' });
    await write(workspace, 'fw.config.json', { engine: { use: 'restate', ingressUrl: 'http://127.0.0.1:8080' } });
    expect((await load()).config.engine).toEqual({ use: 'restate', ingressUrl: 'http://127.0.0.1:8080' });
    await write(workspace, 'fw.config.json', { engine: { use: 'restate', adminUrl: 'http://elsewhere.example:9070' } });
    await expect(load()).rejects.toMatchObject({ code: 'FW_CONFIG_UNTRUSTED', message: expect.stringContaining('elsewhere.example') });
  });

  it('does not ask about the user\'s own file, a named data file or a server on loopback', async () => {
    await write(home, 'config.json', { plugins: ['./acme'] });
    await expect(load()).resolves.toBeDefined();
    await write(root, 'named.json', { plugins: ['./acme'] });
    await expect(load({ file: path.join(root, 'named.json') })).resolves.toBeDefined();
    await write(workspace, 'fw.config.json', { providers: { a: { ...local, apiKeyEnv: 'SOME_KEY' } } });
    await expect(load()).resolves.toBeDefined();
  });
});
