import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();

describe('fw show of a line', () => {
  it('says which step of the demo wrote it, why, what for, and which tests ran', async () => {
    const env = { FW_HOME: path.join(folder(), 'home'), TMPDIR: folder() };
    const fw = (...args: readonly string[]): Promise<Ended> => runFw(args, { cwd: folder(), env });
    const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await fw(...args, '--output', 'json')).stdout);
    expect(await fw('demo')).toMatchObject({ exitCode: 0 });

    const why = await fw('show', 'demo', '--why', 'src/parse-duration.js:9');
    expect(why).toMatchObject({ exitCode: 0, stderr: '' });
    expect(why.stdout).toMatch(/^src\/parse-duration\.js:9\n {2}written {2}in implementation \(2\) by developer with write_file, entry \d+: line 9\n {11}revision 1\n {11}because test\/parse-duration\.test\.js > gives NaN/);
    expect(why.stdout).toContain("  for      c1 parseDuration('1h30m') gives 5400000");
    expect(why.stdout).toContain('  ran      yes, in the tests of ');
    expect(why.stdout).toContain('✓ test/combined-durations.test.js > adds up parts with different units (passed, red before the change, imports it, shows c1)');
    expect(why.stdout).toContain('\n  +  const match = ');

    const seq = (await json('show', 'demo', '--why', 'src\\parse-duration.js:9') as { readonly steps: readonly { readonly seq: number }[] }).steps[0]?.seq;
    expect((await json('logs', 'demo') as readonly { readonly seq: number; readonly step: string; readonly visit: number }[]).find((line) => line.seq === seq)).toMatchObject({ step: 'tool.write_file', visit: 2 });
    expect(await json('show', 'demo', '--why', './src/parse-duration.js')).toMatchObject({ version: 1, line: null, change: 'modified', steps: [{ tool: 'edit_file', visit: 1, lines: [4] }, { tool: 'write_file', visit: 2, lines: [9, 10, 11, 12] }] });
    expect((await fw('show', 'demo', '--why', 'test/combined-durations.test.js:6')).stdout).toContain('a file that the run added\n');
    expect(await fw('show', 'demo', '--why', 'src/parse-duration.js:1')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^src\/parse-duration\.js:1 was not written by run demo-/) as string });

    for (const [args, said] of [
      [['--why', 'src/nothing.js'], /no file "src\/nothing\.js"/], [['--why', 'parse-duration.js:3'], /Did you mean src\/parse-duration\.js\?/], [['--why', 'src/parse-duration.js:99'], /has no line 99/],
      [['--why', ' '], /--why needs/], [['--why'], /--why/], [['--why', 'README.md', '--uncovered'], /one at a time/],
    ] as const) {
      const ended = await fw('show', 'demo', ...args);
      expect([args.join(' '), ended.exitCode]).toEqual([args.join(' '), 2]);
      expect(ended.stderr).toMatch(said);
    }

    expect(await fw('show', 'demo', '--uncovered')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Criteria with no test that passed: none') as string });
    expect(await json('show', 'demo', '--uncovered')).toMatchObject({ version: 1, criteria: [], coverage: { status: 'measured' }, notExecuted: [], noCriterion: [] });
    expect(await json('show', 'demo')).toMatchObject({ trace: [{ criterion: 'c1', kind: 'new', status: 'proven' }, { criterion: 'c2', kind: 'keep', status: 'proven' }] });
  });
});
