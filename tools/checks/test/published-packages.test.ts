import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer } from '../src/consumer.ts';
import type { Consumer } from '../src/consumer.ts';
import { installIsolated, link, pack, unpack } from '../src/isolated-install.ts';
import type { IsolatedInstall } from '../src/isolated-install.ts';
import { listPublishedPackages, repository } from '../src/published-packages.ts';

const execute = promisify(execFile);
const packages = listPublishedPackages();
let install: IsolatedInstall;

beforeAll(async () => {
  const env = { ...process.env, NX_DAEMON: 'false', NX_CACHE_DIRECTORY: join(repository, '.nx/cache') };
  await execute(process.execPath, [join(repository, 'node_modules/.bin/nx'), 'run-many', '-t', 'build'], { cwd: repository, env, maxBuffer: 64 * 1024 * 1024 });
  install = await installIsolated(packages);
}, 400_000);

afterAll(() => install?.remove());

describe.each(packages)('$name, packed and installed without hoisting', (published) => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await createConsumer(install, published);
  });

  it('is imported by bare node, entry by entry', async () => {
    expect(await consumer.importEntries()).toEqual([]);
  });

  it('loads nothing that it may not need', async () => {
    expect((await consumer.loadedByImport()).filter((loaded) => loaded !== 'eventemitter3')).toEqual([]);
  });

  it('lets a strict TypeScript project export what it infers', async () => {
    expect(await consumer.compile()).toEqual([]);
  });

  if (published.bins.length > 0) {
    it('has bins that start', async () => {
      expect(await consumer.runBins()).toEqual([]);
    });
  }
});

const usePlugin = `
import { createPluginHost } from '@fw/plugins';
const registered = [];
const register = (kind) => (plugin) => ({ register: (thing) => plugin.register(kind, thing.name, () => { registered.push(thing.name); return () => registered.splice(registered.indexOf(thing.name), 1); }) });
const host = createPluginHost({ context: (plugin) => ({ agents: register('agents')(plugin), validators: register('validators')(plugin) }) });
await host.add('fw-plugin-acme', { required: true });
await host.initialize();
const during = [...registered];
await host.cleanup();
console.log(JSON.stringify({ during, after: registered }));
`;

const callPlugin = `
import { createPluginHost } from '@fw/plugins';
import { createContainment } from '@fw/workspace';
const containment = await createContainment();
const things = new Map();
const host = createPluginHost({
  context: () => ({}),
  isolation: { contain: (request) => containment.contain(request), accept: (plugin, thing) => plugin.register(thing.kind, thing.name, () => { things.set(thing.name, thing); return () => things.delete(thing.name); }) },
  capabilities: { roots: () => ({ workspace: process.cwd() }), environment: {} },
});
await host.add('fw-plugin-tickets', { required: true });
await host.initialize();
const get = (number) => things.get('tickets.get').call('run', { number });
console.log(JSON.stringify([await get(7), await get(8)]));
await host.cleanup();
containment.close();
`;

describe('a plugin of somebody else, packed and installed into an empty project', () => {
  it('is found by name, started and taken back', async () => {
    const project = join(install.root, 'project');
    const tarball = (await pack(join(repository, 'examples/plugins/acme'), install.root)).get('fw-plugin-acme') ?? '';
    await mkdir(project);
    await unpack(tarball, join(project, 'node_modules/fw-plugin-acme'));
    await link(install.folderOf('@fw/plugins'), join(project, 'node_modules/@fw/plugins'));
    await writeFile(join(project, 'use.mjs'), usePlugin);
    const { stdout } = await execute(process.execPath, ['use.mjs'], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({ during: ['acme.auditor', 'acme.license'], after: [] });
  });

  it('is added with fw, runs in a process of its own and answers, from what is published alone', async () => {
    const project = join(install.root, 'isolated');
    const tarball = (await pack(join(repository, 'examples/plugins/tickets'), install.root)).get('fw-plugin-tickets') ?? '';
    await mkdir(join(project, 'tickets'), { recursive: true });
    await writeFile(join(project, 'tickets/7.md'), 'Seven is broken.');
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'isolated', type: 'module', dependencies: { 'fw-plugin-tickets': '1.0.0' } }));
    await unpack(tarball, join(project, 'node_modules/fw-plugin-tickets'));
    await link(install.folderOf('@fw/plugins'), join(project, 'node_modules/@fw/plugins'));
    const fw = async (...values: readonly string[]): Promise<unknown> => {
      const { stdout } = await execute(process.execPath, [join(install.folderOf('@fw/reference'), 'bin/fw.js'), ...values, '--output', 'json'], { cwd: project, env: { PATH: process.env['PATH'], FW_HOME: join(install.root, 'home') } });
      return JSON.parse(stdout);
    };
    expect(await fw('plugin', 'add', 'fw-plugin-tickets', '--yes')).toMatchObject({ id: 'tickets', granted: ['reads workspace', 'reaches tickets.example:443', 'is told the variable TICKETS_TOKEN'] });
    expect(await fw('plugin', 'ls')).toMatchObject([{ id: 'tickets', status: 'active', isolation: 'process', enforced: { fs: true, net: true, env: true } }]);
    await link(install.folderOf('@fw/workspace'), join(project, 'node_modules/@fw/workspace'));
    await writeFile(join(project, 'call.mjs'), callPlugin);
    const { stdout } = await execute(process.execPath, ['call.mjs'], { cwd: project });
    expect(JSON.parse(stdout)).toEqual([{ ok: true, text: 'Seven is broken.' }, { ok: false, code: 'denied', text: 'TICKETS_TOKEN is not set.' }]);
  });
});

describe('the dashboard, packed and installed', () => {
  it('is served without the repository around it', async () => {
    const bin = join(install.folderOf('@fw/reference'), 'bin/fw.js');
    const child = spawn(process.execPath, [bin, 'ui', '--output', 'json'], { cwd: install.root, env: { PATH: process.env['PATH'], FW_HOME: join(install.root, 'home') }, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(child.stdout.setEncoding('utf8'), 'data') as [string];
      const { origin, searchParams } = new URL((JSON.parse(line) as { readonly url: string }).url);
      const ask = (path: string): Promise<Response> => fetch(origin + path, { headers: { authorization: `Bearer ${searchParams.get('token') ?? ''}` } });
      const page = await (await ask('/')).text();
      const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
      expect((await ask(script)).headers.get('content-type')).toContain('javascript');
      expect(await (await ask('/api/runs')).json()).toMatchObject({ total: 0 });
    } finally {
      child.kill('SIGINT');
      expect(await once(child, 'exit')).toEqual([130, null]);
    }
  });
});
