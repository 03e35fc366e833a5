import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createContainment, detectSandbox } from '@fw/workspace';
import type { CommandContainment } from '@fw/workspace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginHost } from '@fw/plugins';
import type { PluginHost, PluginStatus } from '@fw/plugins';
import { keptFolder, packageJson, removeKeptFolders } from './plugin-folder.ts';

// What a hostile plugin could reach if nothing held it back.
const secret = 'the-secret-of-the-host';
const outside = keptFolder({ 'secret.txt': secret, 'readable/open.txt': 'open' });
const hits: string[] = [];
const server = createServer((request, response) => {
  hits.push(request.url ?? '');
  if (request.url === '/away') response.writeHead(302, { location: `http://localhost:${port()}/stolen` });
  response.end('served');
});
const port = (): number => (server.address() as AddressInfo | null)?.port ?? 0;
let containment: CommandContainment;
const { available } = await detectSandbox();

beforeAll(async () => {
  process.env['FW_HOST_SECRET'] = secret;
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  if (available) containment = await createContainment();
});
afterAll(async () => {
  delete process.env['FW_HOST_SECRET'];
  if (available) containment.close();
  server.close();
  removeKeptFolders();
});

interface Hostile {
  /** Members of the plugin, or the whole text of its entry when it begins with `export` or `await`. */
  readonly code: string;
  readonly manifest?: object;
  /** Made ready before it is added. */
  readonly prepare?: (folder: string) => void;
  /** The result of `process`, or the code of the error it failed with, at whatever stage. */
  readonly outcome: unknown;
  readonly after?: (status: PluginStatus, host: PluginHost) => void | Promise<void>;
}

/** A plugin that tries one thing and says what came of it. */
const tries = (statement: string): string => `initialize() {}, async process(context) { try { return { got: await (async () => { ${statement} })() }; } catch (error) { return { denied: String(error.code ?? error.cause?.code ?? error.message) }; } }`;
/** Bytes on the descriptor that the host listens to, as its own frames or as anything else. */
const raw = (bytes: string): string => `const { writeSync } = await import('node:fs'); const send = (value) => { const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)); const head = Buffer.alloc(4); head.writeUInt32BE(body.length); writeSync(3, Buffer.concat([head, body])); }; ${bytes}`;
const denied = (code: string): object => ({ denied: code });
const notGot = expect.objectContaining({ denied: expect.any(String) as string }) as unknown;
const url = (): string => `http://127.0.0.1:${port()}`;

const table = (): { readonly [attack: string]: Hostile } => ({
  'reads a file outside': { code: tries(`return (await import('node:fs')).readFileSync(${JSON.stringify(join(outside, 'secret.txt'))}, 'utf8')`), outcome: denied('ERR_ACCESS_DENIED') },
  'reads the password file': { code: tries('return (await import("node:fs/promises")).readFile("/etc/passwd", "utf8")'), outcome: denied('ERR_ACCESS_DENIED') },
  'lists the root': { code: tries('return (await import("node:fs")).readdirSync("/")'), outcome: denied('ERR_ACCESS_DENIED') },
  'imports a file outside': { code: tries(`return (await import(${JSON.stringify(join(outside, 'secret.txt'))}))`), outcome: notGot },
  'reads the host through a granted root and ..': { code: tries('return context.files.read("open", "../secret.txt")'), manifest: { permissions: { fs: { read: ['open'] } } }, outcome: denied('FW_PLUGIN_DENIED') },
  'reads an absolute path through a granted root': { code: tries('return context.files.read("open", "/etc/passwd")'), manifest: { permissions: { fs: { read: ['open'] } } }, outcome: denied('FW_PLUGIN_DENIED') },
  'reads a root that was not granted': { code: tries('return context.files.read("open", "open.txt")'), outcome: denied('FW_PLUGIN_DENIED') },
  'asks for a root that there is not': { code: 'initialize() {}', manifest: { permissions: { fs: { read: ['__proto__'] } } }, outcome: 'FW_PLUGIN_PERMISSION' },
  'writes to a root that is only read': { code: tries('return context.files.write("open", "open.txt", "changed")'), manifest: { permissions: { fs: { read: ['open'] } } }, outcome: denied('FW_PLUGIN_DENIED'), after: () => { expect(readFileSync(join(outside, 'readable/open.txt'), 'utf8')).toBe('open'); } },
  'writes a file outside': { code: tries(`(await import('node:fs')).writeFileSync(${JSON.stringify(join(outside, 'new.txt'))}, 'x')`), outcome: denied('ERR_ACCESS_DENIED'), after: () => { expect(readdirSync(outside).sort()).toEqual(['readable', 'secret.txt']); } },
  'changes its own package': { code: tries('(await import("node:fs")).appendFileSync(new URL(import.meta.url), "//")'), outcome: denied('ERR_ACCESS_DENIED') },
  'fills a temporary folder': { code: tries('(await import("node:fs")).writeFileSync("/tmp/full", "x")'), outcome: denied('ERR_ACCESS_DENIED') },
  'links to a file outside': { code: 'initialize() {}', prepare: (folder) => { symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt')); }, outcome: 'FW_PLUGIN_ENTRY' },
  'has an entry that is a link': { code: 'initialize() {}', manifest: { entry: './link.js' }, prepare: (folder) => { writeFileSync(join(outside, 'readable/entry.js'), 'globalThis.fwRan = true'); symlinkSync(join(outside, 'readable/entry.js'), join(folder, 'link.js')); }, outcome: 'FW_PLUGIN_ENTRY' },
  'has an entry outside': { code: 'initialize() {}', manifest: { entry: '../../secret.js' }, outcome: 'FW_PLUGIN_ENTRY' },
  'connects to a socket': { code: tries(`const { connect } = await import('node:net'); const { once } = await import('node:events'); const socket = connect(${port()}, '127.0.0.1'); await once(socket, 'connect'); return 'connected';`), outcome: notGot },
  'fetches by itself': { code: tries(`return (await fetch('${url()}/self')).text()`), outcome: notGot },
  'sends datagrams': { code: tries(`const { createSocket } = await import('node:dgram'); const socket = createSocket('udp4'); await new Promise((resolve, reject) => { socket.on('error', reject); socket.send('x', 53, '192.0.2.1', (error) => error ? reject(error) : resolve()); });`), outcome: notGot },
  'asks a name server': { code: tries('const { resolve4 } = await import("node:dns/promises"); return resolve4("example.org")'), outcome: notGot },
  'looks a name up': { code: tries('const { lookup } = await import("node:dns/promises"); return lookup("example.org")'), outcome: notGot },
  'listens on a port of the machine': { code: tries(`const { createServer } = await import('node:http'); const { once } = await import('node:events'); const server = createServer(() => {}); server.listen(${port()}, '127.0.0.1'); await once(server, 'listening'); server.close(); throw Object.assign(new Error(), { code: 'in a network of its own' });`), outcome: denied('in a network of its own') },
  'fetches what was not granted': { code: tries(`return (await context.fetch('${url()}/ungranted')).text()`), outcome: denied('FW_PLUGIN_DENIED') },
  'fetches another port of a granted host': { code: tries(`return (await context.fetch('${url()}/port')).text()`), manifest: { permissions: { net: ['127.0.0.1:1'] } }, outcome: denied('FW_PLUGIN_DENIED') },
  'is redirected to what was not granted': { code: tries(`return (await context.fetch('${url()}/away')).text()`), manifest: { permissions: { net: [`127.0.0.1:${port()}`] } }, outcome: denied('FW_PLUGIN_DENIED') },
  'fetches a file': { code: tries('return (await context.fetch("file:///etc/passwd")).text()'), outcome: denied('FW_PLUGIN_DENIED') },
  'grants itself a pattern of hosts': { code: 'initialize() {}', manifest: { permissions: { net: ['*:443'] } }, outcome: 'FW_PLUGIN_MANIFEST' },
  'runs a command': { code: tries('return (await import("node:child_process")).execFileSync("id").toString()'), outcome: denied('ERR_ACCESS_DENIED') },
  'forks itself and leaves the child behind': { code: tries('const { fork } = await import("node:child_process"); return fork(new URL(import.meta.url), { detached: true }).pid'), outcome: denied('ERR_ACCESS_DENIED') },
  'asks for commands': { code: 'initialize() {}', manifest: { permissions: { exec: ['git'] } }, outcome: 'FW_PLUGIN_PERMISSION' },
  'starts a worker thread': { code: tries('const { Worker } = await import("node:worker_threads"); return new Worker("0", { eval: true }).threadId'), outcome: denied('ERR_ACCESS_DENIED') },
  'loads a native addon': { code: tries('process.dlopen({ exports: {} }, "/usr/lib/x.node")'), outcome: denied('ERR_DLOPEN_DISABLED') },
  'uses WASI': { code: tries('const { WASI } = await import("node:wasi"); return new WASI({ version: "preview1", preopens: { "/": "/" } }) && "opened"'), outcome: denied('ERR_ACCESS_DENIED') },
  'opens the inspector': { code: tries('const inspector = await import("node:inspector"); inspector.open(0, "127.0.0.1"); return inspector.url()'), outcome: notGot },
  'reads the environment': { code: tries('return Object.values(process.env)'), outcome: { got: expect.not.arrayContaining([secret]) as unknown } },
  'reads the environment of the host in /proc': { code: tries('const { readFileSync } = await import("node:fs"); return [process.ppid, 1, "self"].map((id) => readFileSync(`/proc/${id}/environ`, "utf8"))'), outcome: denied('ERR_ACCESS_DENIED') },
  'reads a variable that was not granted': { code: tries('return context.env.FW_HOST_SECRET ?? "nothing"'), manifest: { permissions: { env: ['OTHER'] } }, outcome: { got: 'nothing' } },
  'calls a model without a budget': { code: tries('return context.models.generate({})'), outcome: denied('FW_PLUGIN_DENIED') },
  'pollutes prototypes by its answer': { code: 'initialize() {}, process() { return JSON.parse(\'{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"kept":1}\'); }', outcome: expect.objectContaining({ kept: 1 }) as unknown, after: () => { expect({}).not.toHaveProperty('polluted'); } },
  'pollutes prototypes in its process': { code: 'initialize() { Object.prototype.toJSON = () => "patched"; Array.prototype.polluted = 1; }, process() { return 1; }', outcome: expect.anything() as unknown, after: () => { expect(JSON.stringify({ a: 1 })).toBe('{"a":1}'); expect([]).not.toHaveProperty('polluted'); } },
  'patches JSON.stringify': { code: 'initialize() { JSON.stringify = () => "{}"; JSON.parse = () => ({ admin: true }); }, process() { return 1; }', outcome: expect.anything() as unknown, after: () => { expect(JSON.parse(JSON.stringify([1]))).toEqual([1]); } },
  'answers with a giant': { code: 'initialize() {}, process() { return "x".repeat(2e7); }', outcome: 'FW_PLUGIN_FAILED' },
  'announces a giant': { code: `initialize() {}, async process() { ${raw('writeSync(3, Buffer.from([0x7f, 0xff, 0xff, 0xff]));')} }`, outcome: 'FW_PLUGIN_PROTOCOL' },
  'answers nested too deep': { code: `initialize() {}, async process() { ${raw('send("[1,1," + "[".repeat(4e4) + "]".repeat(4e4) + "]");')} }`, outcome: 'FW_PLUGIN_PROTOCOL' },
  'writes what is no message': { code: `initialize() {}, async process() { ${raw('send("{not json");')} }`, outcome: 'FW_PLUGIN_PROTOCOL' },
  'writes protocol bytes to its output': { code: 'initialize() {}, process() { const body = Buffer.from(\'[1,2,"forged"]\'); const head = Buffer.alloc(4); head.writeUInt32BE(body.length); process.stdout.write(Buffer.concat([head, body])); console.log("[1,2,null]"); return "kept apart"; }', outcome: 'kept apart' },
  'answers twice': { code: `initialize() {}, async process() { ${raw('for (let id = 1; id < 9; id += 1) send([1, id, "again"]);')} }`, outcome: 'FW_PLUGIN_PROTOCOL' },
  'forges the id of another plugin': { code: `initialize() {}, async process() { ${raw('send([0, 1e9, 2, "register", { registration: 1, kind: "tools", name: "good.forged", data: {}, functions: [] }]);')} return 'sent'; }`, outcome: expect.anything() as unknown, after: (_status, host) => { expect(host.list().map(({ registered }) => registered)).toEqual([{}, {}]); } },
  'uses an id twice': { code: `initialize() {}, async process() { ${raw('send([0, 1e9, 1, "fault", "a"]); send([0, 1e9, 1, "fault", "b"]);')} return new Promise(() => {}); }`, outcome: 'FW_PLUGIN_PROTOCOL' },
  'opens more calls than it may': { code: `initialize() {}, async process() { ${raw('for (let id = 1e6; id < 1e6 + 500; id += 1) send([0, id, 1, "files.read", { root: "a", path: "b" }]);')} return new Promise(() => {}); }`, outcome: expect.stringMatching(/^FW_PLUGIN_(PROTOCOL|CRASHED)$/) as unknown },
  'asks for what was never offered': { code: `initialize() {}, async process() { ${raw('send([0, 1e9, 1, "ask", { call: 1, name: "constructor", input: null }]); send([0, 1e9 + 1, 1, "constructor", null]);')} return 'refused'; }`, outcome: expect.anything() as unknown },
  'never answers': { code: 'initialize() {}, process() { return new Promise(() => {}); }', manifest: { timeouts: { process: 300 } }, outcome: 'FW_PLUGIN_TIMEOUT' },
  'never loads': { code: 'await new Promise(() => { setInterval(() => {}, 1000); });', manifest: { timeouts: { initialize: 1_500 } }, outcome: 'FW_PLUGIN_TIMEOUT' },
  'loops for ever': { code: 'initialize() {}, process() { for (;;); }', manifest: { timeouts: { process: 300 } }, outcome: 'FW_PLUGIN_TIMEOUT' },
  'loops for ever while it loads': { code: 'for (;;);\nexport default {};', manifest: { timeouts: { initialize: 1_500 } }, outcome: 'FW_PLUGIN_TIMEOUT' },
  'calls process.exit': { code: 'initialize() {}, process() { process.exit(0); }', outcome: 'FW_PLUGIN_FAILED' },
  'ends its process behind our back': { code: 'initialize() {}, process() { process.reallyExit(0); }', outcome: 'FW_PLUGIN_CRASHED' },
  'aborts': { code: 'initialize() {}, process() { process.abort(); }', outcome: 'FW_PLUGIN_CRASHED' },
  'runs out of memory': { code: 'initialize() {}, process() { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)); }', outcome: 'FW_PLUGIN_MEMORY' },
  'takes memory outside of its heap': { code: 'initialize() {}, process() { const all = []; for (;;) all.push(Buffer.alloc(1e8, 1)); }', outcome: expect.stringMatching(/^FW_PLUGIN_(MEMORY|CRASHED|FAILED)$/) as unknown },
  'writes without end': { code: 'initialize() {}, async process() { const line = "x".repeat(1e5); for (;;) await new Promise((resolve) => process.stdout.write(line, resolve)); }', outcome: 'FW_PLUGIN_OUTPUT' },
  'rejects without a handler': { code: 'initialize() {}, async process() { void Promise.reject(new Error("forgotten")); await new Promise(setImmediate); return "lives"; }', outcome: 'lives', after: (status) => { expect(status.errors).toMatchObject([{ plugin: 'bad', code: 'FW_PLUGIN_FAILED', message: expect.stringContaining('forgotten') as string }]); } },
  'throws in a timer': { code: 'initialize() {}, async process() { setTimeout(() => { throw new Error("later"); }); await new Promise((resolve) => setTimeout(resolve, 20)); return "lives"; }', outcome: 'lives', after: (status) => { expect(status.errors).toMatchObject([{ plugin: 'bad', message: expect.stringContaining('later') as string }]); } },
  'throws what cannot be read': { code: 'initialize() {}, process() { throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 1; } }); }', outcome: 'FW_PLUGIN_FAILED' },
  'signals the host': { code: tries(`process.kill(${process.pid}, 'SIGKILL')`), outcome: denied('ESRCH') },
  'signals everything': { code: 'initialize() {}, async process() { process.kill(-1, "SIGKILL"); return new Promise(() => {}); }', manifest: { timeouts: { process: 300 } }, outcome: expect.stringMatching(/^FW_PLUGIN_(CRASHED|TIMEOUT|FAILED)$/) as unknown },
  'never cleans up': { code: 'initialize() {}, process() { return 1; }, cleanup() { return new Promise(() => {}); }', manifest: { timeouts: { cleanup: 200 } }, outcome: 1, after: async (_status, host) => { await host.cleanup(); expect(host.list().find(({ id }) => id === 'bad')?.errors).toMatchObject([{ stage: 'cleanup', code: 'FW_PLUGIN_TIMEOUT' }]); } },
  'loops for ever when it cleans up': { code: 'initialize() {}, process() { return 1; }, cleanup() { for (;;); }', manifest: { timeouts: { cleanup: 200 } }, outcome: 1, after: async (_status, host) => { await host.cleanup(); expect(host.list().find(({ id }) => id === 'bad')?.errors).toMatchObject([{ stage: 'cleanup', code: 'FW_PLUGIN_TIMEOUT' }]); } },
  'registers what its manifest does not declare': { code: 'initialize(context) { context.tools.register({ name: "bad.hidden" }); }', manifest: { contributes: { tools: ['bad.shown'] } }, outcome: 'FW_PLUGIN_UNDECLARED' },
  'registers it by hand': { code: `async initialize(context) { context.tools.register({ name: "bad.shown" }); ${raw('send([0, 1e9, 1, "register", { registration: 7, kind: "tools", name: "bad.hidden", data: {}, functions: [] }]);')} }, process() { return 1; }`, manifest: { contributes: { tools: ['bad.shown'] } }, outcome: expect.anything() as unknown, after: (status) => { expect(status.registered.tools ?? []).not.toContain('bad.hidden'); } },
  'declares the names of another plugin': { code: 'initialize() {}', manifest: { contributes: { tools: ['good.tool'] } }, outcome: 'FW_PLUGIN_MANIFEST' },
  'contributes an engine': { code: 'initialize() {}', manifest: { contributes: { engines: ['bad.engine'] } }, outcome: 'FW_PLUGIN_ISOLATION' },
  'is not what was pinned': { code: 'initialize() { globalThis.ran = true; }', outcome: 'FW_PLUGIN_INTEGRITY' },
});

const good = { 'good/package.json': packageJson('good', { isolation: 'process', permissions: { env: ['TOKEN'] } }), 'good/index.js': 'export default { specVersion: 1, initialize() {}, process: (context) => context.env.TOKEN };\n' };

/** A folder with one hostile plugin, whose id is `id`. */
function filesOf(id: string, { code, manifest = {} }: Hostile): { readonly [path: string]: string | object } {
  return { [`${id}/package.json`]: packageJson(id, { isolation: 'process', ...manifest }), [`${id}/index.js`]: /^(export|await|for)/.test(code) ? code : `export default { specVersion: 1, ${code} };\n` };
}

function createHost(): PluginHost {
  return createPluginHost({
    context: () => ({}),
    isolation: { contain: (request) => containment.contain(request), memoryMebibytes: 64 },
    capabilities: { roots: () => ({ open: join(outside, 'readable') }), environment: { TOKEN: 'the-token', FW_HOST_SECRET: secret } },
  });
}

interface Met {
  readonly outcome: unknown;
  readonly status: PluginStatus;
  readonly good: unknown;
}

/** Starts them in one host beside a plugin with a token, asks all of them, and says what came of each. */
async function meet(host: PluginHost, rows: readonly (readonly [id: string, hostile: Hostile, integrity?: string | undefined])[]): Promise<ReadonlyMap<string, Met>> {
  const folder = keptFolder({ ...good, ...Object.assign({}, ...rows.map(([id, hostile]) => filesOf(id, hostile))) as object });
  for (const [id, { prepare }, integrity] of rows) {
    prepare?.(join(folder, id));
    await host.add(join(folder, id), integrity === undefined ? {} : { integrity });
  }
  await host.add(join(folder, 'good'));
  await host.initialize();
  const outcomes = new Map((await host.process({ go: true })).map((outcome) => [outcome.id, outcome.status === 'done' ? outcome.result : outcome.error.code]));
  const statuses = host.list();
  return new Map(rows.map(([id], index) => [id, { outcome: outcomes.has(id) ? outcomes.get(id) : statuses[index]?.errors.at(-1)?.code, status: statuses[index] as PluginStatus, good: outcomes.get('good') }]));
}

function check({ outcome, status, good: neighbour }: Met, hostile: Hostile, host: PluginHost): void {
  expect(outcome).toEqual(hostile.outcome);
  expect(neighbour).toBe('the-token');
  expect(JSON.stringify([outcome, host.list()])).not.toContain(secret);
  for (const error of status.errors) expect(error).toMatchObject({ plugin: status.id, version: '1.2.3' });
}

/** Rows are made when the server has its port; only their names are needed before. */
const attackNames = (): readonly string[] => Object.keys(table());

function childrenOfOurs(): readonly string[] {
  return readdirSync('/proc/self/task').flatMap((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter((id) => id !== ''));
}

/** What only tries can be tried by many side by side. */
const isAttempt = ({ code }: Hostile): boolean => code.startsWith(tries('').slice(0, 60));
const namesOf = (attempts: boolean): readonly string[] => attackNames().filter((name) => isAttempt(table()[name] as Hostile) === attempts);

describe.skipIf(!available)('a hostile plugin', () => {
  let host: PluginHost;
  let met: ReadonlyMap<string, Met>;
  const idOf = (attack: string): string => `bad-${attackNames().indexOf(attack)}`;
  beforeAll(async () => {
    host = createHost();
    met = await meet(host, namesOf(true).map((attack) => [idOf(attack), table()[attack] as Hostile]));
  });
  afterAll(() => host.cleanup());

  it.each(namesOf(true))('that %s is denied it', async (attack) => {
    const hostile = table()[attack] as Hostile;
    const one = met.get(idOf(attack)) as Met;
    check(one, hostile, host);
    await hostile.after?.(one.status, host);
  });
});

describe.skipIf(!available).concurrent('a hostile plugin', () => {
  it.each(namesOf(false))('that %s harms nobody else', async (attack) => {
    const hostile = table()[attack] as Hostile;
    const host = createHost();
    try {
      const met = await meet(host, [['bad', hostile, attack === 'is not what was pinned' ? 'sha512-other' : undefined]]);
      check(met.get('bad') as Met, hostile, host);
      await hostile.after?.(host.list()[0] as PluginStatus, host);
    } finally {
      await host.cleanup();
    }
  });
});

describe.skipIf(!available)('afterwards', () => {
  it('nothing was reached, and no process is left', () => {
    expect(hits).toEqual(['/away']);
    expect(globalThis).not.toHaveProperty('fwRan');
    expect(childrenOfOurs()).toEqual([]);
  });
});
