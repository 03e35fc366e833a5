import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('examples/workspace/branches.js says what it shows', () => {
  const path = fileURLToPath(new URL('../../../examples/workspace/branches.js', import.meta.url));
  expect(execFileSync(process.execPath, ['--conditions=@fw/source', path], { encoding: 'utf8' })).toBe(
    'sum.js, sum.test.js\nboth-edited sum.js export const sum = (a, b) => b + a;\n',
  );
});
