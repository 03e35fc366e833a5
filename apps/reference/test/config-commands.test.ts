import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const project = (): string => path.join(folder(), 'project');
beforeEach(() => mkdir(project()));

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  return runFw(args, { cwd: project(), env: { FW_HOME: path.join(folder(), 'home'), OLLAMA_HOST: '127.0.0.1:1', ...env } });
}

describe('fw config print', () => {
  it('shows the joined config, where each value comes from, and no secret', async () => {
    await writeFile(path.join(project(), 'fw.config.json'), JSON.stringify({
      providers: { work: { use: 'openai', baseURL: 'http://me:hidden-word@127.0.0.1:9/v1', headers: { 'x-key': 'hidden-header' } } },
      mcp: { notes: { url: 'http://me:hidden-too@127.0.0.1:9/mcp' } }, budgets: { run: { usd: 5, tokens: 10 } },
    }));
    const { exitCode, stdout } = await fw(['config', 'print', '--origin'], { FW_BUDGETS_RUN_USD: '2' });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^budgets\.run\.usd +2 +FW_BUDGETS_RUN_USD$/m);
    expect(stdout).toMatch(/^budgets\.run\.tokens +10 +\S*fw\.config\.json$/m);
    const json = await fw(['config', 'print', '--origin', '--output', 'json'], { FW_BUDGETS_RUN_USD: '2' });
    expect(JSON.parse(json.stdout)).toMatchObject({ config: { budgets: { run: { usd: 2, tokens: 10 } } }, origins: { 'budgets.run.usd': 'FW_BUDGETS_RUN_USD' } });
    expect(JSON.parse((await fw(['config', 'print', '--output', 'json'])).stdout)).toMatchObject({ budgets: { run: { usd: 5 } } });
    expect(stdout + json.stdout).not.toMatch(/hidden/);
  });
});

describe('--dotenv', () => {
  it('gives variables that are not set, and a .env that nobody named gives none', async () => {
    await writeFile(path.join(project(), '.env'), 'OPENAI_API_KEY="in a file"\nFW_BUDGETS_RUN_USD=1\nFW_BUDGETS_RUN_TOKENS=7\n');
    expect(JSON.parse((await fw(['config', 'print', '--output', 'json'])).stdout)).toEqual({});
    const { stdout } = await fw(['config', 'print', '--output', 'json', '--dotenv', '.env'], { FW_BUDGETS_RUN_USD: '2' });
    expect(JSON.parse(stdout)).toEqual({ providers: { openai: { use: 'openai', apiKeyEnv: 'OPENAI_API_KEY' } }, budgets: { run: { usd: 2, tokens: 7 } } });
    expect(await fw(['config', 'print', '--dotenv', 'missing'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--dotenv') });
  });
});

describe('fw config schema', () => {
  it('prints a schema that knows every section, also where the config is broken', async () => {
    await writeFile(path.join(project(), 'fw.config.json'), '{ broken');
    const { exitCode, stdout } = await fw(['config', 'schema']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false, properties: { providers: {}, models: {}, agents: {}, workflow: {}, plugins: {}, engine: {}, policy: {}, budgets: {}, workspace: {} } });
  });
});

describe('fw init', () => {
  it('writes a config that the other commands take, once', async () => {
    const { exitCode, stdout } = await fw(['init', '--model', 'openai/some-model', '--output', 'json']);
    const file = path.join(project(), 'fw.config.json');
    expect({ exitCode, said: JSON.parse(stdout) as unknown }).toMatchObject({ exitCode: 0, said: { file } });
    const written = await readFile(file, 'utf8');
    expect(JSON.parse(written)).toEqual({
      providers: { openai: { use: 'openai', apiKeyEnv: 'OPENAI_API_KEY' } },
      agents: { architect: 'openai/some-model', developer: 'openai/some-model', reviewer: 'openai/some-model' },
      budgets: { run: { tokens: 2_000_000 } },
    });
    expect((await fw(['config', 'check'])).exitCode).toBe(0);
    // Without the key of its provider.
    expect((await fw(['run', 'x'])).exitCode).toBe(6);
    await mkdir(path.join(project(), 'package'));
    await writeFile(path.join(project(), 'package/package.json'), JSON.stringify({ name: 'x', fw: { engine: 'local' } }));
    expect(await fw(['init', 'package'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('package.json') });
    expect(await readdir(path.join(project(), 'package'))).toEqual(['package.json']);
    const again = await fw(['init']);
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('fw.config.json is there already') });
    expect(await readFile(file, 'utf8')).toBe(written);
  });

  it('keeps an address that is not of this machine out of the file, and writes nothing for a folder or model that cannot be', async () => {
    const env = { OPENAI_BASE_URL: 'https://me:hidden@models.example/v1', OPENAI_API_KEY: 'hidden' };
    expect((await fw(['init', 'missing'], env)).exitCode).toBe(2);
    expect((await fw(['init', '--model', 'some-model'], env)).exitCode).toBe(2);
    expect(await readdir(project())).toEqual([]);
    expect((await fw(['init', '--model', 'openai/m'], env)).exitCode).toBe(0);
    expect(await readFile(path.join(project(), 'fw.config.json'), 'utf8')).not.toMatch(/hidden|example/);
  });
});
