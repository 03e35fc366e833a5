import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { launcher, runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const demo = fileURLToPath(new URL('../demo', import.meta.url));

/** A command in a terminal of its own (util-linux `script`); each key is pressed when the text before it was seen, after the key before. */
async function inTerminal(args: readonly string[], keys: readonly (readonly [text: string, key: string])[]): Promise<{ readonly exitCode: number | null; readonly shown: string }> {
  const command = [process.execPath, launcher, ...args].map((part) => `'${part}'`).join(' ');
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd: folder(), env: { PATH: process.env['PATH'], TERM: 'xterm', NO_COLOR: '1', FW_HOME: path.join(folder(), 'home'), TMPDIR: folder() }, stdio: ['pipe', 'pipe', 'inherit'],
    // A key that is waited for in vain would be waited for for ever.
    signal: AbortSignal.timeout(90_000),
  });
  const waiting = [...keys];
  let shown = '';
  let from = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    for (let next = waiting[0]; next !== undefined && shown.indexOf(next[0], from) !== -1; next = waiting[0]) {
      from = shown.indexOf(next[0], from) + next[0].length;
      child.stdin.write(next[1]);
      waiting.shift();
    }
  });
  const [exitCode] = await once(child, 'close') as [number | null];
  return { exitCode, shown };
}

async function project(): Promise<readonly string[]> {
  await cp(path.join(demo, 'project'), path.join(folder(), 'project'), { recursive: true });
  await mkdir(path.join(folder(), 'home'), { recursive: true });
  const config = path.join(folder(), 'fw.json');
  await writeFile(config, JSON.stringify({
    providers: { s: { use: 'scripted', script: path.join(demo, 'script.json') } }, models: { default: { use: 's/x', limits: { tokensPerMinute: 1_000_000 } } }, workflow: { approvals: ['design'] },
  }));
  return ['run', 'parseDuration accepts combined durations', '--workspace', path.join(folder(), 'project'), '--config', config, '--unsandboxed', '--id', 'r1'];
}

describe.skipIf(process.platform !== 'linux')('a run at a terminal', () => {
  it('shows its diff and log, takes a decision by key, and goes on', async () => {
    const { exitCode, shown } = await inTerminal(await project(), [['keys:', 'l'], ['a approve', 'l'], ['planning', 'a'], ['implementation', 'd']].map(([text, key]) => [text!, key!] as const));
    expect(shown).toContain('approval wanted');
    expect(shown).toMatch(/design +reviewer +model/);
    expect(shown).toContain('of 1M tokens a minute');
    expect(shown).toContain('verdict:');
    expect(shown.match(/measured baseline/g)).toHaveLength(1);
    expect(exitCode).toBe(0);
  });

  it('is paused by key, and leaves by any other where a decision is wanted', async () => {
    const args = await project();
    const left = await inTerminal(args, [['a approve', 'q']]);
    expect(left).toMatchObject({ exitCode: 4, shown: expect.stringContaining('fw: paused. Continue with: fw approve r1 design') as string });
    const paused = await inTerminal(['demo'], [['planning', 'p']]);
    expect(paused).toMatchObject({ exitCode: 130, shown: expect.stringContaining('everything finished is kept. Continue with: fw resume demo-') as string });
    const interrupted = await inTerminal(['demo'], [['planning', '\u0003']]);
    expect(interrupted.exitCode).toBe(130);
    expect((await runFw(['runs', '--output', 'json'], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home') } })).stdout).not.toContain('"running"');
  });
});
