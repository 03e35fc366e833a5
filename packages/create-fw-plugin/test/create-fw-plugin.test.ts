import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../bin/create-fw-plugin.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fw-create-'));
const run = (...values: readonly string[]): Promise<{ readonly stdout: string }> => promisify(execFile)(process.execPath, [bin, ...values], { cwd: folder });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('makes a plugin, once, and refuses what is no id', async () => {
  expect((await run('acme')).stdout).toContain('npm install && npm test');
  expect(JSON.parse(readFileSync(join(folder, 'fw-plugin-acme/package.json'), 'utf8'))).toMatchObject({ name: 'fw-plugin-acme', keywords: ['fw-plugin'], fw: { id: 'acme', isolation: 'process' } });
  await expect(run('acme')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('not empty') as string });
  for (const values of [[], ['Acme'], ['../x'], ['a', 'b', 'c']]) await expect(run(...values)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('npm create fw-plugin') as string });
});
