import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, ToolOutput } from '@fw/agents-core';
import { expect, it } from 'vitest';
import { memoryOutputs, reproduceTool } from '../../src/tools.ts';
import { bench } from './tool-bench.ts';


async function tried(files: { readonly [file: string]: string }) {
  const { workspace } = await bench(files);
  const tool = reproduceTool(workspace, memoryOutputs());
  const call = async (input: Json, signal = new AbortController().signal): Promise<ToolOutput> => {
    if (tool.kind !== 'leaf') throw new Error('no leaf');
    return (await tool.run(input, { key: 'k', attempt: 1, signal, progress: () => undefined })) as unknown as ToolOutput;
  };
  return { workspace, call, tool };
}

it('runs a command on a copy of the files as they are, and leaves nothing of it', async () => {
  const { workspace, call, tool } = await tried({ 'a.txt': 'first\n' });
  expect(tool).toMatchObject({ kind: 'leaf', effect: 'pure' });
  await workspace.write('a.txt', 'second\n');
  const before = await workspace.snapshot();
  const output = await call({ command: 'cat a.txt; echo third > a.txt; echo new > b.txt; exit 3' });
  expect(output).toMatchObject({ ok: false, code: 'failed', meta: { exitCode: 3 } });
  expect(output.text).toContain('second');
  expect(await workspace.snapshot()).toBe(before);
  expect(existsSync(join(workspace.root, 'b.txt'))).toBe(false);
});

it('can be asked several things at once, and ends when it is aborted', async () => {
  const { call } = await tried({ 'a.txt': '1' });
  const outputs = await Promise.all([1, 2, 3].map((number) => call({ command: `echo ${number} > a.txt; cat a.txt` })));
  expect(outputs.map(({ text }) => /\n(\d)\n/.exec(text)?.[1])).toEqual(['1', '2', '3']);
  const controller = new AbortController();
  const running = call({ command: 'sleep 60' }, controller.signal);
  setTimeout(() => controller.abort(new Error('enough')), 300);
  await expect(running).rejects.toThrow('enough');
  expect(await call({ command: '' , cwd: '../x' })).toMatchObject({ ok: false });
});
