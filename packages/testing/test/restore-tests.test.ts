import { describe, expect, it } from 'vitest';
import { restoreTests } from '../src/restore-tests.ts';
import { withTemporaryWorkspace } from '../src/harness.ts';

const files = {
  'package.json': JSON.stringify({ name: 'x', type: 'module', scripts: { test: 'node --test' } }),
  'src/sum.js': 'export const sum = (a, b) => a - b;\n',
  'src/sum.test.js': 'import "node:test";\n',
  'test/data.txt': 'as it was\n',
  'vitest.config.js': 'export default {};\n',
};

describe('restoreTests', () => {
  it('puts back tests, what they bring along and how they run, and leaves the code and new settings', async () => {
    await withTemporaryWorkspace(files, async (workspace) => {
      await workspace.write('src/sum.js', 'export const sum = (a, b) => a + b;\n');
      await workspace.write('src/sum.test.js', '');
      await workspace.remove('test/data.txt');
      await workspace.write('test/new.test.js', 'process.exit(0);\n');
      await workspace.write('vitest.config.js', 'export default { test: { reporters: ["./mine.js"] } };\n');
      await workspace.write('package.json', JSON.stringify({ name: 'x', type: 'module', exports: './src/sum.js', scripts: { test: 'true' } }));
      const { restored, kept } = await restoreTests(workspace, workspace.base);
      expect(restored).toEqual(['package.json', 'src/sum.test.js', 'test/data.txt', 'test/new.test.js', 'vitest.config.js']);
      expect(kept).toEqual([]);
      expect(JSON.parse(await workspace.read('package.json'))).toEqual({ name: 'x', type: 'module', exports: './src/sum.js', scripts: { test: 'node --test' } });
      expect((await workspace.changes(workspace.base, await workspace.snapshot())).map(({ file }) => file)).toEqual(['package.json', 'src/sum.js']);
    });
  });

  it('does nothing to files that were not changed', async () => {
    await withTemporaryWorkspace(files, async (workspace) => {
      expect(await restoreTests(workspace, workspace.base)).toEqual({ restored: [], kept: [] });
    });
  });
});
