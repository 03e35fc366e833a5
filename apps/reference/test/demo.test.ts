import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();

describe('fw demo', () => {
  it('says that a script plays the model, shows its mistake being sent back with evidence, and succeeds', async () => {
    const { exitCode, stdout, stderr } = await runFw(['demo'], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), TMPDIR: folder(), OTEL_TRACES_EXPORTER: 'otlp', NODE_OPTIONS: `--import ${path.join(import.meta.dirname, 'telemetry-site/keep-spans.ts')}`, SPANS_FILE: path.join(folder(), 'spans.json') } });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('The model is SCRIPTED');
    expect(stdout).toMatch(/↩ testing .*tests-fail → implementation\n.*sent back:.*gives NaN for what is not a duration/s);
    expect(stdout).toMatch(/✓ testing \(2\) .*tests-pass/);
    expect(stdout).toContain('verdict: accepted');
    const patch = /^ {2}patch {3}(.*)$/m.exec(stdout)?.[1] ?? '';
    expect(await readFile(patch, 'utf8')).toContain('test/combined-durations.test.js');
    expect(stdout).toMatch(/used .*\$0$/m);
    expect(JSON.parse(await readFile(path.join(folder(), 'spans.json'), 'utf8'))).toEqual(expect.arrayContaining(['invoke_workflow software-delivery', 'invoke_agent developer']));
    await access(/^ {2}report {2}(.*)$/m.exec(stdout)?.[1] ?? '');
  });

  it('shows each scenario, and says what the journal counted', async () => {
    const play = async (scenario: string) => runFw(['demo', '--scenario', scenario], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home'), TMPDIR: folder() } });
    const [fallback, rateLimit, crash, unknown] = await Promise.all(['fallback', 'rate-limit', 'crash', 'flood'].map(play));
    expect([fallback, rateLimit, crash].map((ended) => ended?.exitCode)).toEqual([0, 0, 0]);
    expect(fallback?.stdout).toMatch(/first\/demo was asked [1-9]\d* times .*\nsecond\/demo answered (\d+) of \1 calls/);
    expect(rateLimit?.stdout).toMatch(/requests left, [1-9]\d* of them after waiting for room .*\nThe service refused 1;/);
    expect(crash?.stdout).toMatch(/killed after \d+ events.*resumed demo-.*finished steps, none of them twice/s);
    const run = /resumed (demo-\S+)/.exec(crash?.stdout ?? '')?.[1] ?? '';
    const shown = await runFw(['show', run, '--output', 'json'], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home') } });
    expect(JSON.parse(shown.stdout)).toMatchObject({ resources: { processes: [{}], lost: [{ pid: expect.any(Number) as number, startedAt: expect.any(Number) as number }] } });
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('revise, fallback, rate-limit, crash') });
  });
});
