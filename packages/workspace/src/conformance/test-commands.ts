import type { TaskWorkspace } from '@fw/agents-core';
import { describe, expect, it } from 'vitest';

export function testCommands(subject: () => TaskWorkspace): void {
  describe('commands', () => {
    it('answers exit code and output of both streams in order', async () => {
      const result = await subject().run(['sh', '-c', 'echo one; echo two >&2; echo three; exit 3']);
      expect(result).toMatchObject({
        exitCode: 3,
        output: 'one\ntwo\nthree\n',
        omitted: 0,
        timedOut: false,
        aborted: false,
        outOfMemory: false,
      });
      expect(result.sandbox).toBe(subject().sandbox);
      expect(result.sandbox).toMatch(/^(bubblewrap|none: .+)$/);
    });

    it('runs in the copy, or in a folder of it', async () => {
      expect((await subject().run(['cat', 'dos.txt'])).output).toBe('a\r\nb\r\n');
      expect((await subject().run(['./run.sh'])).output).toBe('ran\n');
      expect((await subject().run(['cat', 'sum.js'], { cwd: 'src' })).output).toContain('a + b');
      await expect(subject().run(['true'], { cwd: '../..' })).rejects.toMatchObject({ code: 'FW_WORKSPACE_OUTSIDE' });
      await expect(subject().run(['true'], { cwd: 'missing' })).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });

    it('passes arguments as they are', async () => {
      const odd = ['a b', '$HOME', '"', "'", '*', '', 'ü\n', '--'];
      const result = await subject().run(['node', '-p', 'JSON.stringify(process.argv.slice(1))', '--', ...odd]);
      expect(JSON.parse(result.output)).toEqual(odd);
    });

    it('runs the node of this process', async () => {
      expect((await subject().run(['node', '--version'])).output).toBe(`${process.version}\n`);
    });

    it('says 128 + signal when a signal ended it', async () => {
      expect((await subject().run(['sh', '-c', 'kill -TERM $$'])).exitCode).toBe(143);
    });

    it('answers -1 and why when there is no such program', async () => {
      const result = await subject().run(['no-such-program']);
      expect(result.exitCode).toBe(-1);
      expect(result.output).toContain('no-such-program');
      expect((await subject().run(['./src/sum.js'])).exitCode).toBe(-1);
    });

    it('kills the command and its children at the time limit', async () => {
      const result = await subject().run(['sh', '-c', 'echo begun; sleep 1000 & sleep 1000'], { timeoutMs: 1_000 });
      expect(result).toMatchObject({ exitCode: 137, timedOut: true, aborted: false, output: 'begun\n' });
    });

    it('kills the command on abort, and does not start an aborted one', async () => {
      const controller = new AbortController();
      const result = await subject().run(['sh', '-c', 'echo begun; sleep 1000'], {
        signal: controller.signal,
        onOutput: () => controller.abort(),
      });
      expect(result).toMatchObject({ exitCode: 137, aborted: true, timedOut: false });
      expect(await subject().run(['touch', 'never'], { signal: controller.signal })).toMatchObject({ exitCode: -1, aborted: true });
      await expect(subject().read('never')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });

    it('keeps head and tail of long output and counts the rest', async () => {
      const result = await subject().run(['node', '-e', 'process.stdout.write("A".repeat(1000) + "b".repeat(500000) + "Z".repeat(1000))'], {
        maxOutput: 2_000,
      });
      expect(result.output.startsWith('A'.repeat(1_000))).toBe(true);
      expect(result.output.endsWith('Z'.repeat(1_000))).toBe(true);
      expect(result.omitted).toBe(500_000);
    });

    it('reports output while it comes', async () => {
      let seen = '';
      const result = await subject().run(['sh', '-c', 'echo ä; echo b'], {
        onOutput: (chunk) => {
          seen += chunk;
        },
      });
      expect(seen).toBe('ä\nb\n');
      expect(result.output).toBe(seen);
    });

    it('ends the command when a listener fails, and says so', async () => {
      const listener = (): void => {
        throw new Error('listener failed');
      };
      await expect(subject().run(['sh', '-c', 'echo begun; sleep 1000'], { onOutput: listener })).rejects.toThrow('listener failed');
    });

    it('gives a small environment with nothing of the host', async () => {
      process.env.FW_CONFORMANCE_CANARY = 'canary-value';
      try {
        const result = await subject().run(['env'], { env: { ADDED: 'yes' } });
        expect(result.output).not.toContain('canary');
        expect(result.output).toContain('ADDED=yes\n');
        expect(result.output).toContain('CI=1\n');
      } finally {
        delete process.env.FW_CONFORMANCE_CANARY;
      }
    });

    it('passes standard input, and none by default', async () => {
      expect((await subject().run(['cat'], { stdin: 'in ü' })).output).toBe('in ü');
      expect((await subject().run(['cat'])).output).toBe('');
    });

    it('measures time, processor time and memory', async () => {
      const result = await subject().run([
        'node',
        '-e',
        'const block = Buffer.alloc(80_000_000, 1); for (let i = 0; i < 3e8; i++); setTimeout(() => block, 100)',
      ]);
      expect(result.exitCode).toBe(0);
      expect(result.cpuMs).toBeGreaterThan(20);
      expect(result.durationMs).toBeGreaterThanOrEqual(100);
      if (process.platform === 'linux') expect(result.peakMemoryBytes).toBeGreaterThan(80_000_000);
    });

    it('counts processes and what is written', async () => {
      const result = await subject().run(['sh', '-c', 'sleep 0.3 & sleep 0.3 & head -c 3000000 /dev/zero > written; wait']);
      expect(result.peakProcesses).toBeGreaterThanOrEqual(process.platform === 'linux' ? 3 : 0);
      // Three each, at least, of the shell and what it waits for.
      if (result.peakHandles !== undefined) expect(result.peakHandles).toBeGreaterThanOrEqual(9);
      expect(result.writtenBytes).toBeGreaterThanOrEqual(0);
      await subject().remove('written');
    });

    it('ends at its limits of memory, file size and processor time', async () => {
      await subject().write('hog.cjs', 'const all = []; setInterval(() => all.push(Buffer.alloc(1e7, 1)), 1);');
      const memory = await subject().run(['sh', '-c', 'node hog.cjs & node hog.cjs & wait'], { limits: { memoryBytes: 300_000_000 }, timeoutMs: 20_000 });
      expect(memory).toMatchObject({ outOfMemory: true, timedOut: false, exitCode: 137 });
      const file = await subject().run(['sh', '-c', 'head -c 9000000 /dev/zero > huge; wc -c < huge'], { limits: { fileBytes: 1_000_000 } });
      expect(Number(file.output.trim().split('\n').at(-1))).toBeLessThanOrEqual(1_000_000);
      const time = await subject().run(['sh', '-c', 'while :; do :; done'], { limits: { cpuSeconds: 1 }, timeoutMs: 20_000 });
      expect(time).toMatchObject({ timedOut: false });
      expect(time.exitCode).toBeGreaterThan(128);
      await subject().remove('huge');
      await subject().remove('hog.cjs');
    });

    it('refuses what makes no sense before anything runs', async () => {
      for (const options of [{ timeoutMs: Number.NaN }, { maxOutput: -1 }, { env: { 'A=B': '' } }, { limits: { memoryBytes: 0 } }])
        await expect(subject().run(['true'], options)).rejects.toMatchObject({ code: 'FW_WORKSPACE_INVALID' });
      for (const command of [[], [''], ['a\0b']]) await expect(subject().run(command)).rejects.toMatchObject({ code: 'FW_WORKSPACE_INVALID' });
    });

    it('leaves nothing running', async () => {
      await subject().run(['sh', '-c', '(sleep 0.3; touch late.txt) > /dev/null 2>&1 &']);
      await subject().run(['sleep', '0.6']);
      await expect(subject().read('late.txt')).rejects.toMatchObject({ code: 'FW_WORKSPACE_NOT_FOUND' });
    });
  });
}
