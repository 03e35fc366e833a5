import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWorkspace } from '../src/index.ts';
import { temporaryFolder, writeFiles } from './temporary-folder.ts';

describe('a snapshot of what was written', () => {
  it('is the same as one of all files, whatever is done in between', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.txt': '1', 'b/c.txt': '1', '.gitignore': 'ignored\n' });
    symlinkSync('a.txt', join(directory, 'link.txt'));
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    const file = fc.constantFrom('a.txt', 'b/c.txt', 'new.txt', 'ignored', 'link.txt', 'b', 'd/e/f.txt', '.gitignore');
    const deed = fc.oneof(
      fc.record({ write: file, content: fc.constantFrom('1', '2', 'ignored\n', 'b\n') }),
      fc.record({ remove: file }),
      fc.record({ together: fc.uniqueArray(file, { maxLength: 3 }) }),
      fc.constant({ snapshot: true }),
      fc.constant({ restore: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 8 }), async (deeds) => {
        await workspace.restore(workspace.base);
        for (const one of deeds) {
          // What is refused changes nothing.
          if ('write' in one) await workspace.write(one.write, one.content).catch(() => undefined);
          else if ('remove' in one) await workspace.remove(one.remove).catch(() => undefined);
          else if ('together' in one) await workspace.writeAll(one.together.map((name) => ({ type: 'write', file: name, content: '3' }))).catch(() => undefined);
          else if ('snapshot' in one) await workspace.snapshot({ scan: false });
          else await workspace.restore(workspace.base);
        }
        const quick = await workspace.snapshot({ scan: false });
        expect(await workspace.snapshot()).toBe(quick);
      }),
      { numRuns: 25 },
    );
    await workspace.close();
  });

  it('looks at all files after a command', async () => {
    const directory = temporaryFolder();
    writeFiles(directory, { 'a.txt': '1', 'b.txt': '1' });
    const workspace = await createWorkspace({ directory, storage: join(temporaryFolder(), 'storage'), sandbox: 'off' });
    await workspace.snapshot();
    await workspace.run(['sh', '-c', 'echo 2 > b.txt']);
    expect(await workspace.show(await workspace.snapshot({ scan: false }), 'b.txt')).toBe('2\n');
    writeFileSync(join(workspace.root, 'b.txt'), 'by somebody else');
    expect(await workspace.show(await workspace.snapshot(), 'b.txt')).toBe('by somebody else');
    await workspace.close();
  });
});
