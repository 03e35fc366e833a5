import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { McpProcess, StartServer } from './mcp-server.ts';

export type { McpProcess, StartServer } from './mcp-server.ts';

/**
 * What every way to start a server has to hold. `startWith` gives the way to start a command; each of ours is node with a
 * script, whose path is `node`. Needs vitest.
 */
export function testStartServer(name: string, startWith: (command: readonly string[]) => Promise<StartServer> | StartServer): void {
  const start = async (script: string): Promise<McpProcess> => (await startWith(['node', '-e', script]))(new AbortController().signal);

  describe(`start of servers ${name}`, () => {
    it('carries everything both ways, in order', async () => {
      const server = await start('process.stdin.pipe(process.stdout)');
      const sent = `${Array.from({ length: 50_000 }, (_, index) => `line ${index} ü😀`).join('\n')}\n`;
      server.stdin.end(sent);
      expect(await readAll(server)).toBe(sent);
      await server.ended;
    });

    it('ends a server whose input has ended, and says so', async () => {
      const server = await start("process.stdin.on('data', () => {}).on('end', () => process.exit(5))");
      server.stdin.end();
      server.stdout.resume();
      await server.ended;
    });

    it('kills what does not listen, with what it has started', async () => {
      const server = await start("require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); process.stdin.on('end', () => {}); setInterval(() => {}, 1000); console.log('up')");
      await once(server.stdout, 'data');
      server.kill();
      server.kill();
      server.stdout.resume();
      await server.ended;
    });

    it('keeps what it wrote to standard error', async () => {
      const server = await start("console.error('what went wrong'); process.exit(1)");
      server.stdout.resume();
      await server.ended;
      if (server.errors !== undefined) expect(server.errors()).toContain('what went wrong');
    });

    it('keeps two of them apart', async () => {
      const servers = await Promise.all([1, 2].map(() => start('process.stdin.pipe(process.stdout)')));
      const answers = servers.map(readAll);
      for (const [index, server] of servers.entries()) server.stdin.end(`server ${index}\n`);
      expect(await Promise.all(answers)).toEqual(['server 0\n', 'server 1\n']);
      await Promise.all(servers.map(({ ended }) => ended));
    });

    it('starts nothing when it was aborted before', async () => {
      const way = await startWith(['node', '-e', '']);
      await expect((async () => way(AbortSignal.abort(new Error('not wanted'))))()).rejects.toThrow('not wanted');
    });
  });
}

async function readAll({ stdout }: McpProcess): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stdout) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
