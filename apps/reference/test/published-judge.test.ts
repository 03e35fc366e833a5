import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { installPublished, makePublished } from './published-fixture.ts';
import { runFw } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
beforeAll(() => installPublished(), 300_000);

interface Report {
  readonly verdict: string;
  readonly tests: { readonly passed: number; readonly failed: number; readonly errored: number };
  readonly gates: readonly { readonly gate: string; readonly status: string; readonly message: string }[];
}

/** Published packages with tests of their own: the runner of each, and an operator that those tests depend on. */
const packages: { readonly [name: string]: { readonly runner: string; readonly file: string; readonly flip: readonly [string, string] } } = {
  'css-what': { runner: 'vitest', file: 'src/stringify.ts', flip: ['index === 0 ? "> "', 'index !== 0 ? "> "'] },
  'fraction.js': { runner: 'mocha', file: 'dist/fraction.js', flip: ['p1 % 1 === 0', 'p1 % 1 !== 0'] },
  'human-interval': { runner: 'ava', file: 'index.js', flip: ['number * unit', 'number / unit'] },
  minimist: { runner: 'tape and nyc', file: 'index.js', flip: ["next === 'true'", "next !== 'true'"] },
  'process-warning': { runner: 'node:test and jest', file: 'index.js', flip: ['warning.unlimited !== true', 'warning.unlimited === true'] },
};

// @fastify/error, with node:test and c8, is in published-package.test.ts.
describe('fw judge', () => {
  for (const [name, { runner, file, flip }] of Object.entries(packages)) {
    it(`accepts ${name}, tested by ${runner}, and rejects it with an operator flipped`, async () => {
      const workspace = path.join(folder(), name);
      await makePublished(name, workspace);
      const judge = async (): Promise<Report & { readonly exitCode: number | null }> => {
        const ended = await runFw(['judge', workspace, '--output', 'json'], { cwd: folder(), env: { FW_HOME: path.join(folder(), 'home') } });
        expect(ended.stderr).toBe('');
        return { ...(JSON.parse(ended.stdout) as Report), exitCode: ended.exitCode };
      };
      expect(await judge()).toMatchObject({ exitCode: 0, verdict: 'accepted', tests: { failed: 0, errored: 0 } });

      const source = path.join(workspace, file);
      const text = await readFile(source, 'utf8');
      expect(text).toContain(flip[0]);
      await writeFile(source, text.replaceAll(...flip));
      const rejected = await judge();
      expect(rejected).toMatchObject({ exitCode: 1, verdict: 'rejected' });
      expect(rejected.tests.failed).toBeGreaterThan(0);
    });
  }
});
