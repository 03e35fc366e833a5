import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createContainment, detectSandbox } from '@fw/workspace';
import type { CommandContainment } from '@fw/workspace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginHost } from '@fw/plugins';
import type { PluginHost, PluginHostOptions, RemoteContribution } from '@fw/plugins';
import { entry, packageJson, temporaryFolder } from './plugin-folder.ts';

let containment: CommandContainment;
const { available } = await detectSandbox();
beforeAll(async () => { if (available) containment = await createContainment(); });
afterAll(() => { if (available) containment.close(); });

interface Made {
  readonly host: PluginHost;
  readonly folder: string;
  readonly things: Map<string, RemoteContribution>;
  /** Processes that were started so far. */
  started(): number;
  call(name: string, input: unknown): Promise<unknown>;
}

/** A host with an isolated package for each of `plugins`: its members, and changes to its manifest. */
async function make(plugins: { readonly [id: string]: readonly [members: string, manifest?: object] }, options: Partial<PluginHostOptions<object>> = {}): Promise<Made> {
  const files = Object.entries(plugins).flatMap(([id, [members, manifest]]) => [[`${id}/package.json`, packageJson(id, { isolation: 'process', ...manifest })], [`${id}/index.js`, entry(members)]] as const);
  const folder = temporaryFolder(Object.fromEntries(files));
  const things = new Map<string, RemoteContribution>();
  let started = 0;
  const host = createPluginHost({
    context: () => ({}),
    isolation: {
      contain(request) {
        started += 1;
        return containment.contain(request);
      },
      accept: (scope, thing) => scope.register(thing.kind, thing.name, () => {
        things.set(thing.name, thing);
        return () => { things.delete(thing.name); };
      }),
    },
    ...options,
  });
  for (const id of Object.keys(plugins)) await host.add(join(folder, id));
  return { host, folder, things, started: () => started, call: async (name, input) => things.get(name)?.call('run', input as never) };
}

const tool = (name: string, body: string): string => `context.tools.register({ name: "${name}", description: "A tool.", async run(input, call) { ${body} } });`;

describe.skipIf(!available)('an isolated plugin', () => {
  it('contributes functions that are called across, and takes them away when it goes', async () => {
    const { host, things, call } = await make({ acme: [`initialize(context) { ${tool('acme.add', 'return { sum: input.a + input.b };')} }`, { contributes: { tools: ['acme.add'] } }] });
    expect(await host.initialize()).toMatchObject([{ status: 'active', isolation: 'process', enforced: { fs: true, net: true, env: true }, registered: { tools: ['acme.add'] } }]);
    expect(things.get('acme.add')).toMatchObject({ kind: 'tools', data: { name: 'acme.add', description: 'A tool.' }, functions: ['run'] });
    expect(await call('acme.add', { a: 1, b: 2 })).toEqual({ sum: 3 });
    const thing = things.get('acme.add')!;
    await host.cleanup();
    expect(things.size).toBe(0);
    await expect(thing.call('run', {})).rejects.toMatchObject({ code: 'FW_PLUGIN_GONE', plugin: 'acme' });
  });

  it('asks back only what is offered for the call, and only while it runs', async () => {
    const { host, things } = await make({ acme: [`initialize(context) { ${tool('acme.ask', 'globalThis.late = call; return [await call.ask("double", 4), await call.ask("other", 4).catch((error) => error.code)];')} ${tool('acme.late', 'return globalThis.late.ask("double", 4).catch((error) => error.code);')} }`, { contributes: { tools: ['acme.ask', 'acme.late'] } }] });
    await host.initialize();
    expect(await things.get('acme.ask')?.call('run', null, { answers: { double: async (input) => Number(input) * 2 } })).toEqual([8, 'FW_PLUGIN_DENIED']);
    expect(await things.get('acme.late')?.call('run', null)).toMatch(/FW_(PLUGIN_DENIED|LINK_ABORTED)/);
    await host.cleanup();
  });

  it('gets its granted capabilities, and models up to its budget', async () => {
    const server = createServer((request, response) => { response.setHeader('x-seen', String(request.headers['x-mine'])); response.end(request.url === '/next' ? 'next' : 'hello'); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    const workspace = temporaryFolder({ 'src/a.txt': 'content', 'state/x': '' });
    const { host } = await make({
      acme: [`initialize() {}, async process(context) {
        await context.files.write("state", "made.txt", "made");
        const response = await context.fetch("http://127.0.0.1:${port}/first", { headers: { "x-mine": "yes" } });
        const costs = [];
        for (let call = 0; call < 4; call += 1) costs.push(await context.models.generate({ messages: [] }).catch((error) => error.code));
        return [await context.files.read("workspace", "src/a.txt"), await context.files.list("workspace"), context.env, response.status, response.headers.get("x-seen"), await response.text(), costs];
      }`, { permissions: { fs: { read: ['workspace'], write: ['state'] }, net: [`127.0.0.1:${port}`], env: ['ACME_TOKEN', 'UNSET'], models: { maxUsdPerRun: 0.25 } } }],
    }, {
      capabilities: {
        roots: () => ({ workspace, state: join(workspace, 'state') }), environment: { ACME_TOKEN: 'token', OTHER: 'other' },
        generate: async (_plugin, _request, { maxUsd }) => ({ response: { left: maxUsd.toFixed(2) }, usd: 0.1 }),
      },
    });
    await host.initialize();
    expect(await host.process(null)).toMatchObject([{ result: ['content', ['src/', 'state/'], { ACME_TOKEN: 'token' }, 200, 'yes', 'hello', [{ left: '0.25' }, { left: '0.15' }, { left: '0.05' }, 'FW_PLUGIN_DENIED']] }]);
    expect(readdirSync(join(workspace, 'state'))).toEqual(['made.txt', 'x']);
    expect(host.list()[0]?.costUsd).toBeCloseTo(0.3);
    await host.cleanup();
    server.close();
  });

  it('is started again by its next use when its process was lost, with what it contributes unchanged', async () => {
    const { host, started, call } = await make({ acme: [`initialize(context) { ${tool('acme.pid', 'if (input === "die") process.reallyExit(3); return (globalThis.calls = (globalThis.calls ?? 0) + 1);')} }`, { contributes: { tools: ['acme.pid'] } }] });
    await host.initialize();
    expect([await call('acme.pid', null), await call('acme.pid', null)]).toEqual([1, 2]);
    await expect(call('acme.pid', 'die')).rejects.toMatchObject({ code: 'FW_PLUGIN_CRASHED', plugin: 'acme', version: '1.2.3', stage: 'process', message: expect.stringContaining('exit code 3') as string });
    expect(await call('acme.pid', null)).toBe(1);
    expect(started()).toBe(2);
    expect(host.list()).toMatchObject([{ status: 'active', timings: { calls: 4, failures: 1 }, registered: { tools: ['acme.pid'] } }]);
    await host.cleanup();
  });

  it.each([[false, 'off'], [true, 'active']])('is off after three failures within a minute, unless required (%s)', async (required, status) => {
    const { host, folder, things, call } = await make({});
    writeFileSync(join(folder, 'package.json'), JSON.stringify(packageJson('acme', { isolation: 'process', contributes: { tools: ['acme.die'] } })));
    writeFileSync(join(folder, 'index.js'), entry(`initialize(context) { ${tool('acme.die', 'process.reallyExit(1);')} }`));
    await host.add(folder, { required });
    await host.initialize();
    for (let turn = 0; turn < 3; turn += 1) await expect(call('acme.die', null)).rejects.toMatchObject({ code: 'FW_PLUGIN_CRASHED' });
    expect(host.list()).toMatchObject([{ status }]);
    expect(things.size).toBe(required ? 1 : 0);
    await host.cleanup();
  });

  it('is aborted with its caller, and lives on', async () => {
    const { host, things, started, call } = await make({ acme: [`initialize(context) { ${tool('acme.wait', 'if (input === "again") return globalThis.aborted; await new Promise((resolve) => call.signal.addEventListener("abort", () => { globalThis.aborted = "told"; resolve(); }));')} }`, { contributes: { tools: ['acme.wait'] } }] });
    await host.initialize();
    const stop = new AbortController();
    const waiting = things.get('acme.wait')!.call('run', null, { signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'FW_PLUGIN_CANCELLED' });
    // The abort may overtake the call, which then never begins.
    expect([undefined, null, 'told']).toContain(await call('acme.wait', 'again'));
    expect(started()).toBe(1);
    await host.cleanup();
  });

  it('answers many calls at once, more than are open at a time', async () => {
    const { host, call } = await make({ acme: [`initialize(context) { ${tool('acme.echo', 'return input;')} }`, { contributes: { tools: ['acme.echo'] } }] });
    await host.initialize();
    const inputs = Array.from({ length: 500 }, (_, index) => index);
    expect(await Promise.all(inputs.map((input) => call('acme.echo', input)))).toEqual(inputs);
    await host.cleanup();
  });

  it('takes its config through its own schema', async () => {
    const schema = 'config: { "~standard": { version: 1, vendor: "hand", validate: (value) => typeof value?.team === "string" ? { value } : { issues: [{ message: "a string", path: ["team"] }] } } },';
    const { host, folder } = await make({});
    writeFileSync(join(folder, 'package.json'), JSON.stringify(packageJson('acme', { isolation: 'process' })));
    writeFileSync(join(folder, 'index.js'), entry(`${schema} initialize() {}, process: (context) => context.config.team`));
    await host.add(folder, { config: { team: 7 } });
    expect(await host.initialize()).toMatchObject([{ status: 'failed', errors: [{ code: 'FW_PLUGIN_CONFIG', stage: 'load', message: expect.stringContaining('team: a string') as string }] }]);
    await host.add(folder, { config: { team: 'blue' } });
    await host.initialize();
    expect(await host.process(null)).toMatchObject([{ result: 'blue' }]);
    await host.cleanup();
  });
});

describe.skipIf(!available)('sharing a process', () => {
  const peek = 'initialize() { globalThis.seen = []; const { stringify } = JSON; JSON.stringify = (value) => { globalThis.seen.push(stringify(value)); return stringify(value); }; }, process: () => globalThis.seen.join()';
  const token = 'initialize() {}, process: (context) => ({ token: context.env.TOKEN })';

  it('is for plugins that hold nothing: each with a permission, a secret, a budget or config has its own', async () => {
    const { host, started } = await make({
      peek: [peek], other: ['initialize() {}, process: () => "other"'],
      token: [token, { permissions: { env: ['TOKEN'] } }], model: ['initialize() {}', { permissions: { models: { maxUsdPerRun: 1 } } }], none: ['initialize() {}', { permissions: { net: [], models: { maxUsdPerRun: 0 } } }],
    }, { capabilities: { environment: { TOKEN: 'the-token' } } });
    await host.initialize();
    await host.process(null);
    const outcomes = await host.process(null);
    expect(JSON.stringify(outcomes.find(({ id }) => id === 'token'))).toContain('the-token');
    expect(JSON.stringify(outcomes.find(({ id }) => id === 'peek'))).not.toContain('the-token');
    expect(started()).toBe(3);
    await host.cleanup();
  });

  it.each([['ends its process', 'process.reallyExit(1)', 'FW_PLUGIN_CRASHED'], ['never comes back', 'for (;;);', 'FW_PLUGIN_TIMEOUT']])('costs the others nothing when one %s: they are asked again elsewhere', async (_what, statement, code) => {
    const { host } = await make({ bad: [`initialize() {}, process() { ${statement} }`, { timeouts: { process: 10_000 } }], good: ['initialize() {}, async process() { await new Promise((resolve) => setTimeout(resolve, 50)); return "fine"; }'], idle: ['initialize() {}'] });
    await host.initialize();
    expect(await host.process(null)).toMatchObject([{ id: 'bad', status: 'failed', error: { code, plugin: 'bad' } }, { id: 'good', status: 'done', result: 'fine' }]);
    expect(host.list().map(({ timings }) => timings.failures)).toEqual([1, 0, 0]);
    await host.cleanup();
  });

  it('attributes an unhandled rejection to the plugin whose it is', async () => {
    const { host } = await make({ good: ['initialize() {}, process: () => "fine"'], bad: ['initialize() {}, async process() { Promise.reject(new Error("forgotten")); await new Promise(setImmediate); return "lives"; }'] });
    await host.initialize();
    expect(await host.process(null)).toMatchObject([{ result: 'fine' }, { result: 'lives' }]);
    expect(host.list().map(({ errors }) => errors.map(({ plugin, message }) => [plugin, message.includes('forgotten')]))).toEqual([[], [['bad', true]]]);
    await host.cleanup();
  });
});

describe.skipIf(!available)('reload', () => {
  it('replaces the process by one of what the files are now', async () => {
    const { host, folder, started, call } = await make({ acme: [`initialize(context) { ${tool('acme.version', 'return 1;')} }`, { contributes: { tools: ['acme.version'] } }] });
    await host.initialize();
    expect(await call('acme.version', null)).toBe(1);
    writeFileSync(join(folder, 'acme/index.js'), entry(`initialize(context) { ${tool('acme.version', 'return 2;')} }`));
    expect(await host.reload('acme')).toMatchObject({ status: 'active', registered: { tools: ['acme.version'] } });
    expect(await call('acme.version', null)).toBe(2);
    expect([started(), host.list()]).toMatchObject([2, [{ id: 'acme', status: 'active' }]]);
    await host.cleanup();
  });

  it('is refused for inline plugins and unknown ones', async () => {
    const { host } = await make({ acme: ['initialize() {}', { isolation: 'inline' }] });
    await expect(host.reload('acme')).rejects.toMatchObject({ code: 'FW_PLUGIN_ISOLATION' });
    await expect(host.reload('other')).rejects.toMatchObject({ code: 'FW_PLUGIN_NOT_FOUND' });
    await host.cleanup();
  });
});

describe.skipIf(!available)('before any code runs', () => {
  it('a process is started only when a plugin is, and on demand only for its event', async () => {
    const { host, started } = await make({ acme: ['initialize() {}', { activation: ['onTool:acme.ticket'] }] });
    expect(started()).toBe(0);
    expect(await host.initialize({ onDemand: true })).toMatchObject([{ status: 'ready' }]);
    await host.activate('onState:validation');
    expect(started()).toBe(0);
    await host.activate('onTool:acme.ticket');
    expect([started(), host.list()]).toMatchObject([1, [{ status: 'active' }]]);
    await host.cleanup();
  });

  it('one whose contributions are known is started when one of them is first called, or when its event comes, and not believed when it has others then', async () => {
    let kept: unknown;
    const contain = (count: { started: number }) => (request: Parameters<CommandContainment['contain']>[0]) => { count.started += 1; return containment.contain(request); };
    const folder = temporaryFolder({ 'package.json': packageJson('acme', { isolation: 'process', contributes: { tools: ['acme.add'] }, activation: ['onState:design'], permissions: { env: ['FLIP'] } }), 'index.js': entry(`initialize(context) { context.tools.register({ name: "acme.add", description: context.env.FLIP ?? "as ever", run: (input) => input.a + input.b }); }`) });
    const open = async (environment: { readonly [name: string]: string }, onDemand = false): Promise<{ readonly host: PluginHost; readonly count: { started: number }; readonly tool: () => RemoteContribution }> => {
      const count = { started: 0 };
      let tool: RemoteContribution | undefined;
      const host = createPluginHost({
        context: () => ({}), capabilities: { environment },
        isolation: {
          contain: contain(count), memory: () => ({ recall: async () => kept, async keep(_key, remembered) { kept = remembered; } }),
          accept: (scope, thing) => scope.register(thing.kind, thing.name, () => { tool = thing; return () => { tool = undefined; }; }),
        },
      });
      await host.add(folder);
      expect(await host.initialize({ onDemand })).toMatchObject([{ status: 'active', registered: { tools: ['acme.add'] } }]);
      return { host, count, tool: () => tool! };
    };
    const first = await open({});
    expect(first.count.started).toBe(1);
    await first.host.cleanup();
    expect(kept).toMatchObject({ answers: false, contributions: [{ kind: 'tools', name: 'acme.add', functions: ['run'] }] });
    const second = await open({});
    expect([second.count.started, second.tool().data['description']]).toEqual([0, 'as ever']);
    expect(await Promise.all([second.tool().call('run', { a: 1, b: 2 }), second.tool().call('run', { a: 2, b: 2 })])).toEqual([3, 4]);
    expect(second.count.started).toBe(1);
    await second.host.cleanup();
    const waiting = await open({}, true);
    await waiting.host.activate('onState:planning');
    expect(waiting.count.started).toBe(0);
    await waiting.host.activate('onState:design');
    expect(waiting.count.started).toBe(1);
    expect(await waiting.tool().call('run', { a: 1, b: 2 })).toBe(3);
    expect(waiting.count.started).toBe(1);
    await waiting.host.cleanup();
    const flipped = await open({ FLIP: 'another' });
    await expect(flipped.tool().call('run', {})).rejects.toMatchObject({ code: 'FW_PLUGIN_INVALID', message: expect.stringContaining('other members than before') as string });
    expect(kept).toBeUndefined();
    await flipped.host.cleanup();
  });

  it('files that are not those that were pinned are refused, also when they change while the host runs', async () => {
    const { host, folder, things, call } = await make({});
    writeFileSync(join(folder, 'package.json'), JSON.stringify(packageJson('acme', { isolation: 'process', contributes: { tools: ['acme.die'] } })));
    writeFileSync(join(folder, 'index.js'), entry(`initialize(context) { ${tool('acme.die', 'process.reallyExit(1);')} }`));
    let integrity = '';
    await host.add(folder, { grant: (plugin) => { ({ integrity } = plugin); throw new Error('asked only'); } });
    expect(integrity).toMatch(/^sha512-/);
    expect(await host.add(folder, { integrity })).toMatchObject({ status: 'ready' });
    await host.initialize();
    writeFileSync(join(folder, 'late.js'), '');
    await expect(call('acme.die', null)).rejects.toMatchObject({ code: 'FW_PLUGIN_CRASHED' });
    await expect(things.get('acme.die')?.call('run', null)).rejects.toMatchObject({ code: 'FW_PLUGIN_INTEGRITY', message: expect.stringContaining(integrity) as string });
    await host.cleanup();
  });

  it('without a sandbox a plugin is refused, unless it is trusted; then what is not enforced is said', async () => {
    const { folder } = await make({ acme: ['initialize() {}, process: () => process.env', { permissions: {} }] });
    const host = createPluginHost({ context: () => ({}), isolation: {} });
    expect(await host.add(join(folder, 'acme'))).toMatchObject({ status: 'failed', errors: [{ code: 'FW_PLUGIN_SANDBOX' }] });
    await host.add(join(folder, 'acme'), { trusted: true });
    expect((await host.initialize())[1]).toMatchObject({ status: 'active', enforced: { fs: true, net: false, env: false } });
    expect(await host.process(null)).toMatchObject([{ result: {} }]);
    await host.cleanup();
    const inline = createPluginHost({ context: () => ({}) });
    expect(await inline.add(join(folder, 'acme'))).toMatchObject({ status: 'failed', errors: [{ code: 'FW_PLUGIN_ISOLATION' }] });
  });

});

it.skipIf(!available).each([['in a sandbox', true], ['without one', false]])('the process of a host that was killed is gone with it, though it loops for ever: %s', async (_where, isContained) => {
  const folder = temporaryFolder({ 'package.json': packageJson('acme', { isolation: 'process' }), 'index.js': entry('initialize() { process.stdout.write("x"); for (;;); }') });
  const program = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { createPluginHost } from ${JSON.stringify(import.meta.resolve('@fw/plugins'))};
    import { createContainment } from ${JSON.stringify(import.meta.resolve('@fw/workspace'))};
    const containment = await createContainment();
    const host = createPluginHost({ context: () => ({}), isolation: ${isContained ? '{ contain: (request) => containment.contain(request) }' : '{}'}, timeouts: { initialize: 600000 } });
    await host.add(${JSON.stringify(folder)}, { trusted: true });
    void host.initialize();
    const children = (id) => { try { return readdirSync('/proc/' + id + '/task').flatMap((thread) => readFileSync('/proc/' + id + '/task/' + thread + '/children', 'utf8').split(' ').filter(Boolean)).flatMap((child) => [child, ...children(child)]); } catch { return []; } };
    const busy = (id) => Number(readFileSync('/proc/' + id + '/stat', 'utf8').split(') ')[1].split(' ')[11]) > 30;
    for (;;) {
      const ids = children(process.pid);
      if (ids.length > 0 && busy(ids.at(-1))) { console.log(ids.join()); break; }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=@fw/source', '--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const ids = said.toString().trim().split(',');
  child.kill('SIGKILL');
  await once(child, 'close');
  while (ids.some((id) => existsSync(`/proc/${id}`))) await new Promise(setImmediate);
  expect(ids.length).toBeGreaterThan(0);
});
