import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { goal, makeProject, playGoodDeveloper } from './duration-project.ts';
import { startFakeOpenai } from './fake-openai.ts';
import { playTeam } from './fake-team.ts';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const fw = (args: readonly string[], env: { readonly [name: string]: string } = {}): Promise<Ended> => runFw(args, { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), ...env } });

describe('fw judge verify', () => {
  it('holds for what fw judge printed, and not for a changed report', async () => {
    const workspace = path.join(folder(), 'project');
    await makeProject(workspace);
    const judged = await fw(['judge', workspace, '--only', 'tests,secrets', '--output', 'json']);
    expect(judged).toMatchObject({ exitCode: 0, stderr: '' });
    const report = path.join(folder(), 'report.json');
    await writeFile(report, judged.stdout);
    const { head, verdict } = JSON.parse(judged.stdout) as { readonly head: string; readonly verdict: string };
    expect(verdict).toBe('accepted');

    const verified = await fw(['judge', 'verify', report, '--head', head]);
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
    expect(verified.stdout).toContain(head);
    const again = await fw(['judge', 'verify', report, '--rerun', '--workspace', workspace, '--output', 'json']);
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(again.stdout)).toMatchObject({ holds: true, head, checks: [{}, {}, {}, { check: 'rerun', status: 'passed' }] });

    await writeFile(report, judged.stdout.replace('"accepted"', '"rejected"'));
    expect(await fw(['judge', 'verify', report])).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('does not hold') as string });
    await writeFile(report, judged.stdout);
    expect((await fw(['judge', 'verify', report, '--head', '0'.repeat(64)])).exitCode).toBe(1);

    await writeFile(path.join(workspace, 'src/parse-duration.js'), 'export const parseDuration = () => 1;\n');
    const changed = await fw(['judge', 'verify', report, '--rerun', '--workspace', workspace]);
    expect(changed).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('cannot give the report\'s tree') as string });
  });

  it('holds for the report of a run, measured again in the run\'s own store', async () => {
    const workspace = path.join(folder(), 'project');
    await makeProject(workspace);
    const server = await startFakeOpenai(playTeam(goal, playGoodDeveloper));
    const ran = await fw(['run', goal, '--workspace', workspace, '--model', 'openai/fake', '--output', 'json'], { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' });
    await server.close();
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    const { report } = JSON.parse(ran.stdout) as { readonly report: string };
    const verified = await fw(['judge', 'verify', report, '--rerun', '--output', 'json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ holds: true, checks: [{ status: 'passed' }, { status: 'passed' }, { status: 'passed' }, { check: 'rerun', status: 'passed' }] });

    const forged = path.join(folder(), 'forged.json');
    const content = await readFile(report, 'utf8');
    await writeFile(forged, content.replaceAll('adds up parts', 'does more'));
    expect(content).not.toBe(await readFile(forged, 'utf8'));
    expect((await fw(['judge', 'verify', forged])).exitCode).toBe(1);
  });

  it('measures a report with sealed tests again with the same ones, and refuses to do so with none', async () => {
    const workspace = path.join(folder(), 'project');
    await makeProject(workspace);
    const sealed = path.join(folder(), 'sealed');
    await mkdir(path.join(sealed, 'test'), { recursive: true });
    await writeFile(path.join(sealed, 'test/sealed.test.js'), "import test from 'node:test';\ntest('nothing', () => {});\n");
    const judged = await fw(['judge', workspace, '--only', 'seal', '--sealed', sealed, '--output', 'json']);
    expect(judged).toMatchObject({ exitCode: 0, stderr: '' });
    const report = path.join(folder(), 'report.json');
    await writeFile(report, judged.stdout);
    expect(await fw(['judge', 'verify', report, '--rerun', '--workspace', workspace, '--sealed', sealed])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('The report holds.') as string });
    expect(await fw(['judge', 'verify', report, '--rerun', '--workspace', workspace])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--rerun --sealed <folder>') as string });
    expect(await fw(['judge', 'verify', report, '--sealed', sealed])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--sealed goes with --rerun') as string });
  });

  it('says what is wrong with a report that cannot be read', async () => {
    const text = path.join(folder(), 'text.json');
    await writeFile(text, 'accepted');
    expect(await fw(['judge', 'verify', text])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not JSON') as string });
    expect(await fw(['judge', 'verify', 'none.json'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('none.json') as string });
    expect(await fw(['judge', 'verify', text, '--head', 'x'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--head') as string });
    await writeFile(text, '{}');
    expect(await fw(['judge', 'verify', text])).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('no report') as string });
  });
});
