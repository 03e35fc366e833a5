import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { makeFastifyError } from './published-fixture.ts';
import { startFakeOpenai } from './fake-openai.ts';
import { call, finish, playTeam } from './fake-team.ts';
import type { TeamView } from './fake-team.ts';
import type { ChatAnswer } from './fake-openai.ts';
import { hashTree } from './hash-tree.ts';
import { runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const execute = promisify(execFile);
const folder = useTemporaryFolder();
const goal = 'The class that createError returns has its code as a static property.';

function playDeveloper(view: TeamView): ChatAnswer {
  const steps = [
    call('write_file', { path: 'test/static-code.test.js', content: '\'use strict\'\n\nconst test = require(\'node:test\')\nconst createError = require(\'..\')\n\ntest(\'the class has its code\', (t) => {\n  t.assert.equal(createError(\'fst_x\', \'m\').code, \'FST_X\')\n})\n' }),
    call('run_tests', { scope: 'all' }),
    call('edit_file', { path: 'index.js', edits: [{ old: '  FastifyError.prototype.toString = toString\n', new: '  FastifyError.prototype.toString = toString\n\n  FastifyError.code = code\n' }] }),
    call('run_tests', { scope: 'all' }),
  ];
  return steps[view.turn] ?? finish(view, 'The class has its code.');
}

describe('on @fastify/error 4.2.1', () => {
  it('fw run makes a patch whose tests pass, and leaves the folder as it was', async () => {
    const workspace = path.join(folder(), 'fastify-error');
    await makeFastifyError(workspace);
    const before = hashTree(workspace);
    const server = await startFakeOpenai(playTeam(goal, playDeveloper));
    const ended = await runFw(['run', goal, '--workspace', workspace, '--model', 'openai/fake', '--output', 'ndjson'], {
      cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' },
    });
    await server.close();
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(hashTree(workspace)).toBe(before);
    const { patch } = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '') as { readonly patch: string };
    await execute('git', ['apply', patch], { cwd: workspace });
    await execute('npm', ['test'], { cwd: workspace });
  });

  it('fw judge accepts it, rejects it with an operator flipped, and does not know without tests', async () => {
    const workspace = path.join(folder(), 'fastify-error');
    await makeFastifyError(workspace);
    const judge = () => runFw(['judge', '--output', 'json'], { cwd: workspace, env: { FW_HOME: path.join(folder(), 'home') } });
    const accepted = await judge();
    expect(accepted).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(accepted.stdout)).toMatchObject({ version: 1, verdict: 'accepted', tests: { failed: 0 } });

    const file = path.join(workspace, 'index.js');
    const source = await readFile(file, 'utf8');
    await writeFile(file, source.replace('if (!code) throw', 'if (code) throw'));
    await expect(execute('npm', ['run', 'test:unit'], { cwd: workspace })).rejects.toThrow();
    const rejected = await judge();
    expect(rejected.exitCode).toBe(1);
    expect(JSON.parse(rejected.stdout)).toMatchObject({ verdict: 'rejected' });
    expect((await runFw(['judge', workspace], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home') } })).stdout).toContain('rejected');

    await writeFile(file, source);
    await rm(path.join(workspace, 'test'), { recursive: true });
    const unknown = await judge();
    expect(unknown.exitCode).toBe(1);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ verdict: 'inconclusive' });
  });
});
