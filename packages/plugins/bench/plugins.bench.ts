// What 50 plugins cost: inline, in one shared process, and in a process each; without a sandbox, which is the machine's:
//   node --conditions=@fw/source bench/plugins.bench.ts
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPluginHost } from '../src/index.ts';
import type { RemoteContribution } from '../src/index.ts';

const count = 50;
const calls = 2_000;

interface Measured {
  readonly startMs: number;
  readonly callMicroseconds: number;
  readonly memoryMebibytes: number;
}

async function measure(manifest: object): Promise<Measured> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fw-bench-')));
  const tools = new Map<string, (input: number) => Promise<unknown>>();
  const host = createPluginHost({
    context: (plugin) => ({ tools: { register: (tool: { readonly name: string; run(input: number): Promise<unknown> }) => plugin.register('tools', tool.name, () => {
      tools.set(tool.name, tool.run);
      return () => { tools.delete(tool.name); };
    }) } }),
    isolation: { accept: (plugin, thing: RemoteContribution) => plugin.register(thing.kind, thing.name, () => {
      tools.set(thing.name, (input) => thing.call('run', input));
      return () => { tools.delete(thing.name); };
    }) },
  });
  for (let index = 0; index < count; index += 1) {
    const id = `p${String(index)}`;
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, 'package.json'), JSON.stringify({ name: `fw-plugin-${id}`, version: '1.0.0', type: 'module', keywords: ['fw-plugin'], fw: { manifest: 1, api: '^1.0', id, entry: './index.js', contributes: { tools: [`${id}.echo`] }, ...manifest } }));
    writeFileSync(join(folder, id, 'index.js'), `export default { specVersion: 1, initialize(context) { context.tools.register({ name: '${id}.echo', run: async (input) => input }); } };\n`);
    await host.add(join(folder, id), { trusted: true });
  }
  const before = memoryOfChildren();
  const startedAt = performance.now();
  await host.initialize();
  const startMs = performance.now() - startedAt;
  const memoryMebibytes = memoryOfChildren() - before;
  if (tools.size !== count) throw new Error(`${String(tools.size)} of ${String(count)} plugins were started: ${JSON.stringify(host.list().find(({ errors }) => errors.length > 0)?.errors)}`);
  const echo = [...tools.values()];
  for (let index = 0; index < 200; index += 1) await echo[index % count]?.(index);
  const calledAt = performance.now();
  for (let index = 0; index < calls; index += 1) await echo[index % count]?.(index);
  const callMicroseconds = ((performance.now() - calledAt) / calls) * 1_000;
  await host.cleanup();
  rmSync(folder, { recursive: true, force: true });
  return { startMs, callMicroseconds, memoryMebibytes };
}

/** Proportional set size of all processes below this one; 0 where the system does not say. */
function memoryOfChildren(): number {
  const childrenOf = (id: string): readonly string[] => readdirSync(`/proc/${id}/task`).flatMap((thread) => readFileSync(`/proc/${id}/task/${thread}/children`, 'utf8').split(' ').filter((child) => child !== ''));
  const tree = (id: string): readonly string[] => childrenOf(id).flatMap((child) => [child, ...tree(child)]);
  try {
    return tree('self').reduce((sum, id) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1_024, 0);
  } catch {
    return 0;
  }
}

const rows: readonly (readonly [who: string, manifest: object])[] = [
  ['inline', { isolation: 'inline' }],
  ['one shared process', { isolation: 'process' }],
  ['a process each', { isolation: 'process', permissions: { env: ['BENCH'] } }],
];
for (const [who, manifest] of rows) {
  const { startMs, callMicroseconds, memoryMebibytes } = await measure(manifest);
  console.log(JSON.stringify({ work: `${String(count)} plugins: start`, who, value: Math.round(startMs), unit: 'ms' }));
  console.log(JSON.stringify({ work: `${String(count)} plugins: one call`, who, value: Math.round(callMicroseconds * 10) / 10, unit: 'µs' }));
  if (memoryMebibytes > 0) console.log(JSON.stringify({ work: `${String(count)} plugins: memory of their processes`, who, value: Math.round(memoryMebibytes), unit: 'MiB' }));
}
