import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, StepContext, ToolOutput } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';
import type { SourceLimits } from '../../src/map/read-sources.ts';
import { repositoryMapTool } from '../../src/tools/repository-map.ts';
import { bench } from './tool-bench.ts';
import type { Bench } from './tool-bench.ts';


const files = {
  'src/price.ts': 'export function addPrices() {}\n',
  'src/cart.ts': "import { addPrices } from './price.ts';\nexport class Cart {\n  total() { return addPrices(); }\n}\n",
  'dist/cart.js': 'function built() {}\n',
  'src/table.ts': '// @generated\nexport const table = 1;\n',
  '.gitignore': 'ignored\n',
  'ignored/a.ts': 'export function ignoredOne() {}\n',
};

async function mapWith({ workspace }: Bench, limits: Partial<SourceLimits>, input: Json = {}, signal = new AbortController().signal): Promise<ToolOutput> {
  const tool = repositoryMapTool(workspace, limits);
  const step: StepContext = { key: 'test', attempt: 1, signal, progress: () => undefined };
  return tool.kind === 'leaf' ? ((await tool.run(input, step)) as unknown as ToolOutput) : Promise.reject(new Error('no leaf'));
}

describe('repository_map', () => {
  it('maps what is neither ignored nor generated, and sees each change', async () => {
    const { call, workspace } = await bench(files);
    const first = await call('repository_map', { focus: ['The cart adds prices.'] });
    expect(first.text).toContain('src/cart.ts\n  2: export class Cart\n  3: total() { return addPrices(); }\n');
    expect(first.text).toContain('[1 generated or minified file is left out.]');
    for (const name of ['built', 'ignoredOne', 'table.ts']) expect(first.text).not.toContain(name);
    expect(await call('repository_map', { focus: ['The cart adds prices.'] })).toEqual(first);
    await workspace.write('src/tax.ts', 'export function addTax() {}\n');
    expect((await call('repository_map', {})).text).toContain('addTax');
  });

  it('refuses a budget over 1,500 tokens, and says where there is nothing to map', async () => {
    const { call } = await bench({ 'README.md': '# Nothing' });
    expect(await call('repository_map', { budget: 1_501 })).toMatchObject({ ok: false, code: 'invalid_input' });
    expect(await call('repository_map', { focus: ['x'] })).toMatchObject({ ok: true, text: 'No source files in a language that the map knows. Use list_files.' });
  });

  it('says what it has not looked at', async () => {
    const made = await bench(files);
    let time = 0;
    expect((await mapWith(made, { timeMs: 2_500, now: () => (time += 1_000) })).text).toContain('[Partial: 2 of 3 source files were read in 2.5 seconds.]');
    expect((await mapWith(made, { files: 1 })).text).toContain('[1 of 3 source files were looked at.]');
  });

  it('leaves out files over 1 MB and what is no text', async () => {
    const { call, workspace } = await bench({ 'a.js': 'function small() {}\n' });
    writeFileSync(join(workspace.root, 'big.js'), `function big() {}\n${'// x\n'.repeat(300_000)}`);
    writeFileSync(join(workspace.root, 'bytes.js'), Buffer.from([0, 255, 1]));
    const { text } = await call('repository_map', {});
    expect(text).toContain('small');
    expect(text).toContain('in 1 of 1 source files');
  });

  it('ends when it is aborted', async () => {
    const made = await bench(files);
    await expect(mapWith(made, {}, {}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    const controller = new AbortController();
    const during = mapWith(made, { now: () => { controller.abort(new Error('enough')); return 0; } }, {}, controller.signal);
    await expect(during).rejects.toThrow();
  });
});
