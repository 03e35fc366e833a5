import { chmod, mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const key = { OPENAI_API_KEY: 'no-real-key', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };

beforeEach(async () => {
  await mkdir(path.join(folder(), 'project'));
  await writeFile(path.join(folder(), 'project/a.js'), 'export const a = 1;\n');
});

function fw(args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> {
  return runFw(args, { cwd: path.join(folder(), 'project'), env: { FW_HOME: path.join(folder(), 'home'), ...env } });
}

/** One line on standard error, nothing on standard output, no folder of ours anywhere. */
async function expectRefusal(ended: Ended, exitCode: number, line: RegExp): Promise<void> {
  expect(ended.stderr).toMatch(line);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended).toMatchObject({ exitCode, stdout: '' });
  expect(await readdir(folder())).toEqual(['project']);
}

describe('fw refuses with one line and the exit code that says why', () => {
  it.each([
    ['an unknown command', ['rnu'], 2, /unknown command 'rnu'.*run/],
    ['an unknown flag', ['run', 'x', '--aply'], 2, /unknown option '--aply'.*--apply/],
    ['an unknown form of output', ['runs', '--output', 'xml'], 2, /--output "xml"/],
    ['a page where there is none', ['runs', '--output', 'html'], 2, /html is for "fw judge"/],
    ['a flag without its value', ['run', 'x', '--workspace'], 2, /argument missing/],
    ['two tasks', ['run', 'x', 'y'], 2, /too many arguments/],
    ['an unknown run', ['show', 'no-such-run'], 2, /no run/],
    ['an unknown run to resume', ['resume', 'no-such-run'], 2, /no run/],
    ['no task', ['run'], 2, /Say what to do/],
    ['an empty task', ['run', ' \n '], 2, /task is empty/],
    ['a task in words and in a file', ['run', 'x', '--file', 'a.js'], 2, /Say what to do/],
    ['a task file that is missing', ['run', '--file', 'none.md'], 2, /none\.md/],
    ['a workspace that is missing', ['run', 'x', '--workspace', 'none'], 2, /There is no folder .*none/],
    ['a workspace that is a file', ['run', 'x', '--workspace', 'a.js'], 2, /a\.js is not a folder/],
    ['a folder to judge that is missing', ['judge', 'none'], 2, /There is no folder/],
    ['an id that is no name', ['run', 'x', '--id', '../up'], 2, /--id/],
    ['a policy that is missing', ['judge', '--policy', 'none.json'], 2, /none\.json/],
  ] as const)('%s', async (_name, args, exitCode, line) => {
    await expectRefusal(await fw(args, key), exitCode, line);
  });

  it.each([
    ['no model at all', {}, [], 6, /OPENAI_API_KEY.*--model openai.*fw demo/],
    ['only a key, and no model', { ANTHROPIC_API_KEY: 'k' }, [], 2, /say which model: --model anthropic/],
    ['a model whose key is missing', {}, ['--model', 'openai/gpt'], 6, /set OPENAI_API_KEY/],
    ['another provider whose key is missing', key, ['--model', 'anthropic/x'], 6, /set ANTHROPIC_API_KEY/],
    ['a model that is no reference', key, ['--model', 'gpt'], 2, /not of the form provider\/name/],
    ['an unknown provider', key, ['--model', 'opnai/gpt'], 2, /no provider "opnai".*openai/],
    ['a key without a model', key, [], 2, /say which model/],
    ['an address that is none', { ...key, OPENAI_BASE_URL: 'nonsense' }, ['--model', 'openai/gpt'], 2, /OPENAI_BASE_URL/],
  ] as const)('%s', async (_name, env, args, exitCode, line) => {
    await expectRefusal(await fw(['run', 'x', ...args], env), exitCode, line);
  });

  it('an invalid config, with file, key path and what was meant', async () => {
    const file = path.join(folder(), 'project/fw.config.json');
    await writeFile(file, JSON.stringify({ providers: { local: { use: 'openai' } }, models: { coder: { use: 'local/x', fallbak: [] } } }));
    for (const command of [['run', 'x'], ['config', 'check'], ['models'], ['judge']]) {
      await expectRefusal(await fw(command), 3, /fw\.config\.json: models\.coder\.fallbak: .*did you mean "fallback"\?/);
    }
    await writeFile(file, '{');
    await expectRefusal(await fw(['config', 'check']), 3, /fw\.config\.json/);
    await expectRefusal(await fw(['config', 'check', '--config', 'none.yaml']), 3, /none\.yaml/);
  });

  it('a config that is code and was not trusted, with the way to trust it', async () => {
    await writeFile(path.join(folder(), 'project/fw.config.ts'), 'export default {};');
    await expectRefusal(await fw(['run', 'x'], key), 3, /not trusted.*--trust/);
    expect(await fw(['config', 'check', '--trust'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await fw(['config', 'check'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('a key that the config names and the environment lacks', async () => {
    await writeFile(path.join(folder(), 'project/fw.config.json'), JSON.stringify({ providers: { local: { use: 'openai', apiKeyEnv: 'MY_KEY' } }, agents: { developer: 'local/x' } }));
    const ended = await fw(['run', 'x']);
    expect(ended).toMatchObject({ exitCode: 6, stdout: '' });
    expect(ended.stderr).toMatch(/^fw: .*MY_KEY.*\n$/);
  });

  it('a home inside the workspace', async () => {
    const home = path.join(folder(), 'project/.fw');
    await expectRefusal(await fw(['run', 'x', '--model', 'openai/gpt'], { ...key, FW_HOME: home }), 2, /lies inside the workspace/);
    expect(await readdir(path.join(folder(), 'project'))).toEqual(['a.js']);
  });

  it.runIf(process.getuid?.() !== 0)('a workspace that cannot be read', async () => {
    await chmod(path.join(folder(), 'project/a.js'), 0o600);
    await mkdir(path.join(folder(), 'project/closed'), { mode: 0o000 });
    const ended = await fw(['run', 'x', '--workspace', 'closed'], key);
    await chmod(path.join(folder(), 'project/closed'), 0o700);
    await expectRefusal(ended, 2, /cannot be read/);
  });

  it('a workspace that is too large, before anything is copied', async () => {
    const large = path.join(folder(), 'project/large.bin');
    await writeFile(large, '');
    await truncate(large, 3 * 1024 ** 3);
    const ended = await fw(['run', 'x', '--model', 'openai/gpt'], key);
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toMatch(/^fw: .*--workspace.*\n$/);
    expect((await fw(['runs'])).stdout).toBe('There is no run yet.\n');
  });
});

describe('fw', () => {
  it('shows help on request and without a command', async () => {
    expect(await fw(['--help'])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await fw(['run', '--help'])).toMatchObject({ exitCode: 0, stderr: '' });
    const bare = await fw([]);
    expect(bare).toMatchObject({ exitCode: 2, stdout: '' });
    expect(bare.stderr).toContain('Usage: fw');
  });

  it('strips what a hostile name would do to the terminal', async () => {
    const ended = await fw(['show', '\u001b]0;owned\u0007x']);
    expect(ended.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('says which providers and models there are, and never a key', async () => {
    await writeFile(path.join(folder(), 'project/fw.config.yaml'), 'models:\n  coder: { use: openai/gpt }\nagents: { developer: coder }\n');
    const text = await fw(['models'], key);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toMatch(/openai +openai +OPENAI_API_KEY \(set\) +http:\/\/127\.0\.0\.1:9\/v1 +defaults/);
    expect(text.stdout).toMatch(/coder +openai\/gpt/);
    const json = await fw(['models', 'ls', '--output', 'json'], key);
    expect(JSON.parse(json.stdout)).toMatchObject({ models: [{ alias: 'coder', use: 'openai/gpt' }], agents: [{ agent: 'developer', model: 'coder' }] });
    expect(text.stdout + json.stdout).not.toContain('no-real-key');
  });

  it('examines the machine', async () => {
    const { exitCode, stdout } = await fw(['doctor', '--output', 'json'], key);
    const checks = JSON.parse(stdout) as { name: string; ok: boolean; detail: string }[];
    expect(checks.map((check) => check.name)).toEqual(expect.arrayContaining(['node', 'git', 'sandbox', 'home', 'keys']));
    expect(exitCode).toBe(checks.every((check) => check.ok) ? 0 : 1);
    expect(stdout).toContain('OPENAI_API_KEY');
    expect(stdout).not.toContain('no-real-key');
  });
});
