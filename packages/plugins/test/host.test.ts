import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPluginHost } from '../src/host.ts';
import type { PluginHost, PluginHostOptions } from '../src/host.ts';
import { entry, packageJson, temporaryFolder } from './plugin-folder.ts';

interface Tools {
  readonly tools: { register(tool: { readonly name: string }): () => void };
  readonly log: (line: string) => void;
}

/** A host with a registry of tools, and what happened in it. */
function fakeHost(options: Partial<PluginHostOptions<Tools>> = {}): { readonly host: PluginHost; readonly tools: Map<string, unknown>; readonly lines: string[] } {
  const tools = new Map<string, unknown>();
  const lines: string[] = [];
  const host = createPluginHost<Tools>({
    context: (plugin) => ({
      tools: {
        register: (tool) => plugin.register('tools', tool.name, () => {
          tools.set(tool.name, tool);
          return () => { tools.delete(tool.name); };
        }),
      },
      log: (line) => { lines.push(`${plugin.id} ${line}`); },
    }),
    ...options,
  });
  return { host, tools, lines };
}

/** A host with one package that has this entry. */
async function hostOf(members: string, manifest: object = {}, options: Partial<PluginHostOptions<Tools>> = {}): Promise<ReturnType<typeof fakeHost> & { readonly folder: string }> {
  const folder = temporaryFolder({ 'package.json': packageJson('acme', manifest), 'index.js': entry(members) });
  const fake = fakeHost(options);
  await fake.host.add(folder);
  return { ...fake, folder };
}

describe('load', () => {
  it('takes each file and package folder by name, and ignores the rest', async () => {
    const folder = temporaryFolder({
      'c.mjs': entry('initialize() {}'),
      'a.ts': 'const initialize: () => void = () => {};\nexport default { specVersion: 1, initialize };\n',
      'b/package.json': packageJson('bee'), 'b/index.js': entry('initialize() {}'),
      'types.d.ts': '', 'notes.md': '', 'plain/file.js': '', '.hidden.js': '', 'node_modules/x/package.json': packageJson('x'),
    });
    const { host } = fakeHost();
    expect((await host.load(folder)).map(({ id, version, status }) => [id, version, status])).toEqual([['a', '0.0.0', 'ready'], ['bee', '1.2.3', 'ready'], ['c', '0.0.0', 'ready']]);
    await host.initialize();
    expect(host.list().map(({ status }) => status)).toEqual(['active', 'active', 'active']);
  });

  it('reports what cannot be used and takes the others', async () => {
    const folder = temporaryFolder({ 'a/package.json': '{', 'b.js': entry('initialize() {}'), 'c/package.json': packageJson('c', { api: '^9.0' }) });
    const { host } = fakeHost();
    expect((await host.load(folder)).map(({ status, errors }) => errors[0]?.code ?? status)).toEqual(['FW_PLUGIN_MANIFEST', 'ready', 'FW_PLUGIN_API']);
  });

  it('refuses files and folders that link out of the trusted folder', async () => {
    const root = temporaryFolder({ 'outside/evil.js': 'globalThis.fwPluginRan = true;', 'outside/package.json': packageJson('evil', { entry: './evil.js' }), 'trusted/good.js': entry('initialize() {}') });
    symlinkSync(join(root, 'outside/evil.js'), join(root, 'trusted/evil.js'));
    symlinkSync(join(root, 'outside'), join(root, 'trusted/evil'));
    const { host } = fakeHost();
    const statuses = await host.load(join(root, 'trusted'));
    await host.initialize();
    expect(statuses.map(({ errors }) => errors[0]?.code)).toEqual(['FW_PLUGIN_ENTRY', 'FW_PLUGIN_ENTRY', undefined]);
    expect(globalThis).not.toHaveProperty('fwPluginRan');
  });

  it('says which folder is missing', async () => {
    await expect(fakeHost().host.load('nowhere')).rejects.toMatchObject({ code: 'FW_PLUGIN_NOT_FOUND', message: expect.stringContaining('nowhere') as string });
  });
});

describe('add', () => {
  it('finds an installed package by name from the host\'s directory', async () => {
    const directory = temporaryFolder({ 'node_modules/fw-plugin-acme/package.json': packageJson('acme'), 'node_modules/fw-plugin-acme/index.js': entry('initialize() {}') });
    expect(await fakeHost({ directory: join(directory, 'deep/inside') }).host.add('fw-plugin-acme')).toMatchObject({ id: 'acme', status: 'ready' });
  });

  it('reports one that is not installed, and throws when it is required', async () => {
    const { host } = fakeHost({ directory: temporaryFolder() });
    expect(await host.add('fw-plugin-acme')).toMatchObject({ status: 'failed', errors: [{ code: 'FW_PLUGIN_NOT_FOUND' }] });
    await expect(host.add('fw-plugin-acme', { required: true })).rejects.toMatchObject({ code: 'FW_PLUGIN_NOT_FOUND' });
    expect(await host.add('../fw-plugin-acme/../x')).toMatchObject({ status: 'failed' });
  });

  it('refuses a second plugin with the same id and keeps the first', async () => {
    const { host } = await hostOf('initialize() {}');
    const other = temporaryFolder({ 'package.json': packageJson('acme'), 'index.js': '' });
    expect(await host.add(other)).toMatchObject({ status: 'failed', errors: [{ code: 'FW_PLUGIN_DUPLICATE' }] });
    await host.initialize();
    expect(host.list().map(({ status }) => status)).toEqual(['active', 'failed']);
  });
});

describe('initialize', () => {
  it('starts each plugin once, however often it is called', async () => {
    const { host, lines } = await hostOf('initialize(context) { context.log("started"); }');
    await Promise.all([host.initialize(), host.initialize()]);
    await host.initialize();
    expect(lines).toEqual(['acme started']);
  });

  it.each([
    ['throw null', 'thrown null'],
    ['throw undefined', 'thrown undefined'],
    ['throw Symbol("s")', 'thrown Symbol(s)'],
    ['throw "text"', 'text'],
    ['throw { get message() { throw 1; } }', 'a value that cannot be read'],
    ['throw new Proxy({}, { get() { throw 1; }, has() { throw 1; }, getPrototypeOf() { throw 1; } })', 'a value that cannot be read'],
    ['throw Object.defineProperty(new Error("x"), "stack", { get() { throw 1; } })', 'x'],
    ['throw new Error("x".repeat(1e6))', '(1000000 characters)'],
    ['return { get then() { throw new Error("then"); } }', 'then'],
    ['return Promise.reject()', 'thrown undefined'],
  ])('attributes "%s" to the plugin and leaves it out', async (statement, message) => {
    const { host } = await hostOf(`initialize() { ${statement}; }`);
    const [status] = await host.initialize();
    expect(status).toMatchObject({ status: 'failed', errors: [{ plugin: 'acme', version: '1.2.3', stage: 'initialize', code: 'FW_PLUGIN_FAILED', message: expect.stringContaining(message) as string }] });
    expect(status?.errors[0]?.message.length).toBeLessThan(2_200);
  });

  it('cuts a plugin that hangs at its deadline, aborts its signal and starts the next', async () => {
    const folder = temporaryFolder({
      'a.js': entry('initialize(context) { context.signal.addEventListener("abort", () => context.log("aborted")); return new Promise(() => {}); }'),
      'b.js': 'await new Promise(() => {});',
      'c.js': entry('initialize(context) { context.log("started"); }'),
    });
    const { host, lines } = fakeHost({ timeouts: { initialize: 500 } });
    await host.load(folder);
    const statuses = await host.initialize();
    expect(statuses.map(({ errors }) => errors[0] && [errors[0].stage, errors[0].code])).toEqual([['initialize', 'FW_PLUGIN_TIMEOUT'], ['load', 'FW_PLUGIN_TIMEOUT'], undefined]);
    expect(lines).toEqual(['a aborted', 'c started']);
  });

  it('takes back what a plugin registered before it failed, and calls its cleanup', async () => {
    const { host, tools, lines } = await hostOf('log: undefined, initialize(context) { this.log = context.log; context.tools.register({ name: "acme.ticket" }); throw new Error("late"); }, cleanup() { this.log("cleaned"); }', { contributes: { tools: ['acme.ticket'] } });
    await host.initialize();
    expect([tools.size, lines]).toEqual([0, ['acme cleaned']]);
  });

  it('throws when a required plugin fails, again when it is called again', async () => {
    const folder = temporaryFolder({ 'package.json': packageJson('acme'), 'index.js': entry('initialize() { throw new Error("no"); }') });
    const { host } = fakeHost();
    await host.add(folder, { required: true });
    await expect(host.initialize()).rejects.toMatchObject({ code: 'FW_PLUGIN_FAILED', plugin: 'acme' });
    await expect(host.initialize()).rejects.toMatchObject({ code: 'FW_PLUGIN_FAILED' });
  });

  it.each([
    ['export const nothing = 1;', 'FW_PLUGIN_INVALID'],
    ['export default { specVersion: 2, initialize() {} };', 'FW_PLUGIN_SPEC_VERSION'],
    ['export default { specVersion: 1 };', 'FW_PLUGIN_INVALID'],
    ['export default { specVersion: 1, initialize() {}, process: 7 };', 'FW_PLUGIN_INVALID'],
    ['export default { get specVersion() { throw new Error("lies"); } };', 'FW_PLUGIN_LOAD'],
    ['throw new Error("at import");', 'FW_PLUGIN_LOAD'],
    ['this is not JavaScript', 'FW_PLUGIN_LOAD'],
    ['import "fw-not-installed";', 'FW_PLUGIN_LOAD'],
  ])('refuses the entry %j', async (text, code) => {
    const { host } = fakeHost();
    await host.load(temporaryFolder({ 'a.js': text }));
    expect(await host.initialize()).toMatchObject([{ status: 'failed', errors: [{ stage: 'load', code }] }]);
  });

  it('gives a plugin its checked config, its identity and nothing that it can change', async () => {
    const folder = temporaryFolder({
      'package.json': packageJson('acme'),
      'index.js': entry(`
        config: { "~standard": { version: 1, vendor: "hand", validate: (value) => typeof value?.team === "string" ? { value: { team: value.team.toUpperCase() } } : { issues: [{ message: "a string", path: ["team"] }] } } },
        initialize(context) { context.log(context.config.team + " " + Object.isFrozen(context) + " " + Object.isFrozen(context.plugin)); }`),
    });
    const good = fakeHost();
    await good.host.add(folder, { config: { team: 'blue' } });
    await good.host.initialize();
    expect(good.lines).toEqual(['acme BLUE true true']);
    const bad = fakeHost();
    await bad.host.add(folder, { config: { team: 7 } });
    expect(await bad.host.initialize()).toMatchObject([{ errors: [{ code: 'FW_PLUGIN_CONFIG', message: expect.stringContaining('team: a string') as string }] }]);
  });

  it('refuses config for a plugin that takes none', async () => {
    const folder = temporaryFolder({ 'package.json': packageJson('acme'), 'index.js': entry('initialize() {}') });
    const { host } = fakeHost();
    await host.add(folder, { config: {} });
    expect(await host.initialize()).toMatchObject([{ errors: [{ code: 'FW_PLUGIN_CONFIG' }] }]);
  });

  it('ends at once when the caller cancels', async () => {
    const { host } = await hostOf('initialize() { return new Promise(() => {}); }');
    expect(await host.initialize({ signal: AbortSignal.abort() })).toMatchObject([{ errors: [{ code: 'FW_PLUGIN_CANCELLED' }] }]);
  });
});

describe('registrations', () => {
  it('are listed, and refused when the manifest does not declare them', async () => {
    const { host, tools } = await hostOf(
      'initialize(context) { context.tools.register({ name: "acme.one" }); try { context.tools.register({ name: "acme.two" }); } catch (error) { context.log(error.code); } context.tools.register({ name: "acme.two" }); }',
      { contributes: { tools: ['acme.one'] } },
    );
    expect(await host.initialize()).toMatchObject([{ status: 'failed', registered: {}, errors: [{ stage: 'initialize', code: 'FW_PLUGIN_UNDECLARED', message: expect.stringContaining('acme.two') as string }] }]);
    expect(tools.size).toBe(0);
  });

  it('can be taken back one by one', async () => {
    const { host, tools } = await hostOf('initialize(context) { const dispose = context.tools.register({ name: "acme.one" }); dispose(); dispose(); context.tools.register({ name: "acme.one" }); }', { contributes: { tools: ['acme.one'] } });
    expect(await host.initialize()).toMatchObject([{ status: 'active', registered: { tools: ['acme.one'] } }]);
    expect([...tools.keys()]).toEqual(['acme.one']);
  });

  it('cannot take a name that another plugin has', async () => {
    const folder = temporaryFolder({ 'a.js': entry('initialize(context) { context.tools.register({ name: "t" }); }'), 'b.js': entry('initialize(context) { context.tools.register({ name: "t" }); }') });
    const { host } = fakeHost();
    await host.load(folder);
    expect(await host.initialize()).toMatchObject([{ status: 'active' }, { status: 'failed', errors: [{ code: 'FW_PLUGIN_DUPLICATE', message: expect.stringMatching(/Plugin b:.*plugin a/) as string }] }]);
  });

  it('are refused once the plugin has gone', async () => {
    const { host, tools } = await hostOf('initialize(context) { this.late = context.tools; }, cleanup() { setImmediate(() => { try { this.late.register({ name: "acme.one" }); } catch (error) { globalThis.fwLate = error.code; } }); }', { contributes: { tools: ['acme.one'] } });
    await host.initialize();
    await host.cleanup();
    await new Promise((resolve) => { setImmediate(resolve); });
    expect([tools.size, Reflect.get(globalThis, 'fwLate')]).toEqual([0, 'FW_PLUGIN_GONE']);
    Reflect.deleteProperty(globalThis, 'fwLate');
  });

  it('do not believe a plugin that throws another plugin\'s error', async () => {
    const { host } = await hostOf('initialize() { throw Object.assign(new Error("forged"), { name: "PluginError", plugin: "victim", code: "FW_PLUGIN_GONE" }); }');
    expect(await host.initialize()).toMatchObject([{ errors: [{ plugin: 'acme', code: 'FW_PLUGIN_FAILED' }] }]);
  });
});

describe('process', () => {
  it('asks every plugin that answers, side by side, and keeps their order', async () => {
    const folder = temporaryFolder({
      'a.js': entry('initialize() {}, async process(context) { await new Promise((resolve) => setTimeout(resolve, 20)); context.event.seen.push("a"); return { seen: context.event.seen, drop: () => {} }; }'),
      'b.js': entry('initialize() {}'),
      'c.js': entry('initialize() {}, process(context) { return context.event.seen.length; }'),
      'd.js': entry('initialize() {}, process() {}'),
    });
    const { host } = fakeHost();
    await host.load(folder);
    await host.initialize();
    expect(await host.process({ seen: [] })).toEqual([
      { id: 'a', version: '0.0.0', status: 'done', result: { seen: ['a'] } },
      { id: 'c', version: '0.0.0', status: 'done', result: 0 },
      { id: 'd', version: '0.0.0', status: 'done', result: null },
    ]);
  });

  it.each([
    ['return new Promise(() => {})', 'FW_PLUGIN_TIMEOUT'],
    ['throw null', 'FW_PLUGIN_FAILED'],
    ['return 1n', 'FW_PLUGIN_RESULT'],
    ['const circle = {}; circle.circle = circle; return circle', 'FW_PLUGIN_RESULT'],
    ['return { get secret() { throw new Error("no"); } }', 'FW_PLUGIN_RESULT'],
    ['return "x".repeat(9e6)', 'FW_PLUGIN_RESULT'],
  ])('reports "%s" as that plugin\'s failure', async (statement, code) => {
    const { host } = await hostOf(`initialize() {}, process() { ${statement}; }`, {}, { timeouts: { process: 50 } });
    await host.initialize();
    expect(await host.process(null)).toMatchObject([{ id: 'acme', status: 'failed', error: { plugin: 'acme', stage: 'process', code } }]);
    expect(host.list()).toMatchObject([{ status: 'active', timings: { calls: 1, failures: 1 } }]);
  });

  it('switches a plugin off after three failures within a minute, not after three in a longer time', async () => {
    let now = 0;
    const { host } = await hostOf('initialize() {}, process() { throw new Error("broken"); }', {}, { now: () => now });
    await host.initialize();
    for (const at of [0, 10, 61_000, 62_000]) {
      now = at;
      expect(await host.process(null)).toHaveLength(1);
    }
    expect(host.list()).toMatchObject([{ status: 'active' }]);
    now = 63_000;
    await host.process(null);
    expect(host.list()).toMatchObject([{ status: 'off' }]);
    expect(await host.process(null)).toEqual([]);
  });

  it('never switches off a required plugin', async () => {
    const folder = temporaryFolder({ 'package.json': packageJson('acme'), 'index.js': entry('initialize() {}, process() { throw new Error("broken"); }') });
    const { host } = fakeHost();
    await host.add(folder, { required: true });
    await host.initialize();
    for (let call = 0; call < 5; call += 1) await host.process(null);
    expect(host.list()).toMatchObject([{ status: 'active', timings: { calls: 5, failures: 5 } }]);
  });

  it('is cancelled by the caller and by cleanup, which is not the plugin\'s fault', async () => {
    const { host } = await hostOf('initialize() {}, process() { return new Promise(() => {}); }');
    await host.initialize();
    const controller = new AbortController();
    const cancelled = host.process(null, { signal: controller.signal });
    controller.abort();
    expect(await cancelled).toMatchObject([{ status: 'failed', error: { code: 'FW_PLUGIN_CANCELLED' } }]);
    const closing = host.process(null);
    await host.cleanup();
    expect(await closing).toMatchObject([{ status: 'failed', error: { code: 'FW_PLUGIN_CANCELLED' } }]);
  });
});

describe('cleanup', () => {
  it('goes in reverse order, once, and takes everything back', async () => {
    const member = (name: string): string => entry(`initialize(context) { this.log = context.log; context.tools.register({ name: "${name}" }); }, cleanup() { this.log("cleaned"); }`);
    const { host, tools, lines } = fakeHost();
    await host.load(temporaryFolder({ 'a.js': member('a'), 'b.js': member('b') }));
    await host.initialize();
    expect(tools.size).toBe(2);
    await Promise.all([host.cleanup(), host.cleanup()]);
    await host.cleanup();
    expect([tools.size, lines]).toEqual([0, ['b cleaned', 'a cleaned']]);
    expect(host.list()).toMatchObject([{ status: 'closed' }, { status: 'closed' }]);
  });

  it('is not stopped by a plugin that hangs or throws in it', async () => {
    const { host, tools } = fakeHost({ timeouts: { cleanup: 50 } });
    await host.load(temporaryFolder({
      'a.js': entry('initialize(context) { context.tools.register({ name: "a" }); }, cleanup() { return new Promise(() => {}); }'),
      'b.js': entry('initialize(context) { context.tools.register({ name: "b" }); }, cleanup() { throw undefined; }'),
    }));
    await host.initialize();
    await host.cleanup();
    expect(tools.size).toBe(0);
    expect(host.list()).toMatchObject([{ status: 'closed', errors: [{ stage: 'cleanup', code: 'FW_PLUGIN_TIMEOUT' }] }, { status: 'closed', errors: [{ stage: 'cleanup', code: 'FW_PLUGIN_FAILED' }] }]);
  });

  it('closes the host', async () => {
    const { host, folder } = await hostOf('initialize() {}');
    await host.cleanup();
    await expect(host.add(folder)).rejects.toMatchObject({ code: 'FW_PLUGIN_CLOSED' });
    await expect(host.initialize()).rejects.toMatchObject({ code: 'FW_PLUGIN_CLOSED' });
    await expect(host.process(null)).rejects.toMatchObject({ code: 'FW_PLUGIN_CLOSED' });
  });
});

describe('list', () => {
  it('shows what a plugin asks for, as plain JSON', async () => {
    const { host } = await hostOf('initialize() {}', { permissions: { net: ['api.acme.example:443'] }, contributes: { tools: ['acme.ticket'] } });
    await host.initialize();
    const list = host.list();
    expect(list).toMatchObject([{ id: 'acme', version: '1.2.3', permissions: { net: ['api.acme.example:443'] }, contributes: { tools: ['acme.ticket'] }, registered: {} }]);
    expect(JSON.parse(JSON.stringify(list))).toEqual(list);
  });
});
