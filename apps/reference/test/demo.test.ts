import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();

describe('fw demo', () => {
  it('says that a script plays the model, shows its mistake being sent back with evidence, and succeeds', async () => {
    const { exitCode, stdout, stderr } = await runFw(['demo'], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), TMPDIR: folder() } });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('The model is SCRIPTED');
    expect(stdout).toMatch(/↩ testing .*tests-fail → implementation\n.*sent back:.*gives NaN for what is not a duration/s);
    expect(stdout).toMatch(/✓ testing \(2\) .*tests-pass/);
    expect(stdout).toContain('verdict: accepted');
    const patch = /^ {2}patch {3}(.*)$/m.exec(stdout)?.[1] ?? '';
    expect(await readFile(patch, 'utf8')).toContain('test/combined-durations.test.js');
    expect(stdout).toMatch(/used .*\$0$/m);
    await access(/^ {2}report {2}(.*)$/m.exec(stdout)?.[1] ?? '');
  });
});
